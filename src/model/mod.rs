//! Plain data that every layer speaks.
