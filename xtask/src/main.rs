//! Repository commands: conformance and bench.
fn main() {}
