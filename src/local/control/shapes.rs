//! Control plane resources in the shapes that AWS gives them.
