use crate::Failure;
use crate::outputs::print;
use clap::Args;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Only this gate
    #[arg(value_name = "GATE")]
    gate: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<u8, Failure> {
    let text = plimsoll_policy::reference(arguments.gate.as_deref());
    if text.is_empty() {
        let gates: Vec<&str> = plimsoll_policy::gates().map(|(name, _)| name).collect();
        return Err(Failure::usage(format!(
            "there is no gate `{}`; known are {}",
            arguments.gate.as_deref().unwrap_or_default(),
            gates.join(", ")
        )));
    }
    print(text.as_bytes())?;
    Ok(0)
}
