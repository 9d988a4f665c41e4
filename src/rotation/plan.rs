//! What a rotation would do.
