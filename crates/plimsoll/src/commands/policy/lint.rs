use super::super::policies;
use crate::Failure;
use crate::outputs::print;
use clap::Args;
use plimsoll_policy::lint;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Policy documents, each on its own
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,

    /// Look at exceptions as on this day (YYYY-MM-DD, UTC) instead of today
    #[arg(long, value_name = "DAY")]
    as_of: Option<jiff::civil::Date>,

    /// End with exit code 2 for what has no effect, too
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let today = || {
        jiff::tz::TimeZone::UTC
            .to_datetime(jiff::Timestamp::now())
            .date()
    };
    let day = arguments.as_of.unwrap_or_else(today);
    let mut wrong = Vec::new();
    let mut remarks = Vec::new();
    for name in &arguments.files {
        match policies::read(name) {
            Ok(read) => remarks.extend(lint(&read.policy, day)),
            Err(failure) => wrong.push(failure),
        }
    }
    let lines = remarks.iter().map(|remark| format!("{remark}\n"));
    print(lines.collect::<String>().as_bytes())?;
    let is_wrong = !wrong.is_empty();
    for failure in wrong {
        failure.tell();
    }
    Ok(
        match is_wrong || (arguments.strict && !remarks.is_empty()) {
            true => 2,
            false => 0,
        },
    )
}
