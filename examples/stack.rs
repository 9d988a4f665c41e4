//! scratch
#[tokio::main]
async fn main() {
    let quiet = std::env::args().any(|a| a == "--quiet-world");
    let stack =
        agentcore_console::local::start(agentcore_console::local::Options { seed: 7, quiet_world: quiet, ..Default::default() })
            .await
            .unwrap();
    println!("{}", stack.ready_line());
    std::future::pending::<()>().await;
}
