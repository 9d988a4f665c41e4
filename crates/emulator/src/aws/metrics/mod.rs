//! CloudWatch metrics, in the three protocols that clients speak: CBOR, JSON 1.0 and the query protocol.

pub(crate) mod handlers;
