//! Retains the lines of a file as the Logs screen does, and filters them: `log_store FILE FILTER...`. Prints what a line costs,
//! in time and in memory, and what each filter takes; `scripts/bench-logs` compares that with other programs.

#![expect(
    clippy::print_stdout,
    reason = "what is measured is printed; nothing else runs in this process"
)]

use std::{
    error::Error,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    sync::Arc,
    time::{Duration, Instant},
};

use agentcore_console::{
    logs::{Filter, RecordReader, store::LogStore},
    model::{LogBatch, LogEvent, Moment},
};

/// Lines of a batch, as many as a tail delivers at once.
const BATCH: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: log_store FILE FILTER...")?;
    let empty = resident_bytes()?;
    let mut store = LogStore::default();
    let (lines, bytes, parsing, storing) = retain(&path, &mut store)?;
    let retained = resident_bytes()?.saturating_sub(empty);
    println!(
        "{}",
        serde_json::json!({
            "lines": lines,
            "bytes": bytes,
            "kept": store.kept(),
            "resident_bytes": retained,
            "store_bytes": store.memory(),
            "parse_us_a_line": micros(parsing, lines),
            "store_us_a_line": micros(storing, lines),
        })
    );
    for text in arguments {
        let filter = Filter::parse(&text)?;
        // The first filter also pays for the regular expression's own preparation.
        for run in ["first", "again"] {
            let (began, cpu) = (Instant::now(), cpu_nanoseconds()?);
            store.set_filter(filter.clone());
            let first_rows = began.elapsed();
            let mut longest = first_rows;
            while store.is_scanning() {
                let slice = Instant::now();
                store.scan_more();
                longest = longest.max(slice.elapsed());
            }
            println!(
                "{}",
                serde_json::json!({
                    "filter": text,
                    "run": run,
                    "rows": store.len(),
                    "first_rows_ms": millis(first_rows),
                    "longest_slice_ms": millis(longest),
                    "all_ms": millis(began.elapsed()),
                    "cpu_ms": millis(Duration::from_nanos(cpu_nanoseconds()? - cpu)),
                })
            );
        }
    }
    Ok(())
}

/// Reads the file into the store; returns lines, bytes, and the time spent on parsing and on storing.
fn retain(
    path: &str,
    store: &mut LogStore,
) -> Result<(usize, usize, Duration, Duration), Box<dyn Error>> {
    let (group, stream): (Arc<str>, Arc<str>) = ("/bench".into(), "s".into());
    let mut reader = RecordReader::default();
    let (mut parsing, mut storing) = (Duration::ZERO, Duration::ZERO);
    let (mut lines, mut bytes) = (0, 0);
    let mut input = BufReader::new(File::open(path)?).lines();
    loop {
        let mut events = Vec::with_capacity(BATCH);
        for line in input.by_ref().take(BATCH) {
            let message = line?;
            bytes += message.len() + 1;
            let at = Moment::from_millis(1_795_000_000_000 + i64::try_from(lines)?);
            lines += 1;
            events.push(LogEvent {
                timestamp: at,
                ingestion: at,
                group: Arc::clone(&group),
                stream: Arc::clone(&stream),
                id: None,
                message,
            });
        }
        if events.is_empty() {
            return Ok((lines, bytes, parsing, storing));
        }
        let began = Instant::now();
        let records = reader.read_batch(LogBatch {
            events,
            ..LogBatch::default()
        });
        parsing += began.elapsed();
        let began = Instant::now();
        store.push_batch(records);
        storing += began.elapsed();
    }
}

/// Resident memory of this process, in bytes.
fn resident_bytes() -> Result<usize, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line
        .and_then(|line| line.split_whitespace().nth(1))
        .ok_or("no VmRSS")?;
    Ok(kilobytes.parse::<usize>()? * 1024)
}

/// CPU time of this thread so far, in nanoseconds: what is measured beside others counts no time in which it waited for a core.
fn cpu_nanoseconds() -> Result<u64, Box<dyn Error>> {
    let statistics = fs::read_to_string("/proc/thread-self/schedstat")?;
    let spent = statistics.split_whitespace().next().ok_or("no schedstat")?;
    Ok(spent.parse()?)
}

fn micros(time: Duration, lines: usize) -> f64 {
    (time.as_secs_f64() * 1e6 / lines.max(1) as f64 * 100.0).round() / 100.0
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e5).round() / 100.0
}
