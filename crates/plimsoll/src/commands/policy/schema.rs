use crate::Failure;
use crate::outputs::print;

pub(super) fn run() -> Result<u8, Failure> {
    print(format!("{:#}\n", plimsoll_policy::schema()).as_bytes())?;
    Ok(0)
}
