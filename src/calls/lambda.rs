//! Lines of Lambda functions: which invocation printed them.

use std::{collections::HashMap, sync::Arc};

use super::record::CallRecord;

/// Gives the lines of Lambda functions, which are in the order of time, the request id of the invocation that printed them, as far as one
/// alone may have. Lines of the same time are put into the order in which Lambda writes them.
pub(super) fn attribute_lambda_lines(records: &mut [CallRecord]) {
    attribute_in_order(records);
    // Lines of the same millisecond come in any order.
    records.sort_by_key(|record| (record.at, place_in_invocation(record)));
    attribute_in_order(records);
}

/// Returns the place of a line among those of the same time: what Lambda writes at the beginning and at the end of an invocation stands
/// around what the function writes.
fn place_in_invocation(record: &CallRecord) -> u8 {
    if record.message.starts_with("START RequestId") {
        0
    } else if record.message.starts_with("END RequestId") {
        2
    } else if record.message.starts_with("REPORT RequestId") {
        3
    } else {
        1
    }
}

/// Gives the lines that a Lambda function prints between START and END the request id of that invocation. A stream serves one
/// invocation at a time; where several are open nevertheless, the lines between stay without one.
fn attribute_in_order(records: &mut [CallRecord]) {
    let mut open: HashMap<(Arc<str>, Arc<str>), Vec<String>> = HashMap::new();
    for record in records
        .iter_mut()
        .filter(|record| record.hop == "interceptor")
    {
        if record.span.is_some() {
            continue;
        }
        let key = (record.group.clone(), record.stream.clone());
        let running = open.entry(key).or_default();
        match &record.request_id {
            Some(id) if record.message.starts_with("START RequestId") => running.push(id.clone()),
            Some(id) if record.message.starts_with("END RequestId") => {
                running.retain(|known| known != id);
            }
            Some(_) => {}
            None => {
                if let [only] = running.as_slice() {
                    record.request_id = Some(only.clone());
                }
            }
        }
    }
}
