//! Log lines as data: what a line says of itself, and what of it may be shown. Pure: no IO, no clock.

mod ansi;
mod answer;
mod fields;
mod filter;
pub mod histogram;
pub mod insights;
pub mod java_map;
mod json;
mod level;
pub mod line;
mod owner;
pub mod pattern_book;
pub mod patterns;
mod record;
pub mod redact;
mod stack_trace;
pub mod store;
pub mod summary;

pub(crate) use ansi::strip_escapes;
pub(crate) use answer::answer_text;
pub use answer::failure_reason;
pub(crate) use fields::find_field;
pub use fields::{LineFields, field_list, seen_fields};
pub(crate) use filter::spans_of;
pub use filter::{CallLines, Filter, FilterScope, contains, own_spans_only};
pub use level::Level;
pub use line::Line;
pub(crate) use line::ReadLine;
pub use owner::{group_name, may_belong_to, owner_id, owner_of_record};
pub use record::{LogRecord, RecordReader};
pub use redact::{masked_json, redact};
pub(crate) use stack_trace::StackTraces;

/// The log group of all spans of an account and region (Amazon CloudWatch User Guide, "Transaction Search").
pub const SPANS_GROUP: &str = "aws/spans";

/// Returns the word for what writes to a log group: the hop of the chain that an operator looks for.
pub fn source_word(group: &str) -> &'static str {
    if group.starts_with("/aws/lambda/") {
        "interceptor"
    } else if group.contains("/gateway/") {
        "gateway"
    } else if group.contains("/runtimes/") || group.contains("/runtime/") {
        "runtime"
    } else if group == SPANS_GROUP {
        "spans"
    } else {
        "log"
    }
}
