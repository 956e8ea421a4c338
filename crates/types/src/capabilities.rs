use serde::{Deserialize, Serialize};

/// Capabilities that a program is given when it starts, by number
/// (capabilities(7), "File capabilities": the permitted set).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Capabilities(pub u64);

/// In the order of their numbers (linux/capability.h).
const NAMES: &[&str] = &[
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
];

impl Capabilities {
    /// Reads the extended attribute `security.capability`, of which there are
    /// three versions; nothing for a value that kernels refuse.
    pub fn of_attribute(value: &[u8]) -> Self {
        let word = |at: usize| {
            let bytes = value.get(at..at + 4)?.try_into().ok()?;
            Some(u64::from(u32::from_le_bytes(bytes)))
        };
        let bits = match (word(0).map(|magic| magic >> 24), value.len()) {
            (Some(1), 12) => word(4),
            (Some(2), 20) | (Some(3), 24) => {
                word(4).zip(word(12)).map(|(low, high)| low | high << 32)
            }
            _ => None,
        };
        Self(bits.unwrap_or_default())
    }

    /// Whether it is given none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names, `cap_net_raw`, in the order of their numbers; one that has
    /// no name yet by its number.
    pub fn names(self) -> Vec<String> {
        let given = (0..64_usize).filter(|at| self.0 >> at & 1 == 1);
        let name = |at: usize| match NAMES.get(at) {
            Some(name) => format!("cap_{name}"),
            None => format!("cap_{at}"),
        };
        given.map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_of_the_attribute_is_read() {
        // As setcap writes `cap_net_raw+ep`.
        let two = b"\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
        let three = [b"\x01\0\0\x03", &two[4..], &[0xe8, 3, 0, 0]].concat();
        let one = b"\0\0\0\x01\0\x20\0\0\0\0\0\0";
        for value in [&two[..], &three, one] {
            assert_eq!(Capabilities::of_attribute(value).names(), ["cap_net_raw"]);
        }
        let high = b"\x01\0\0\x02\0\0\0\0\0\0\0\0\x80\0\0\0\0\0\0\0";
        assert_eq!(Capabilities::of_attribute(high).names(), ["cap_bpf"]);
        for value in [&b""[..], &two[..19], b"\x01\0\0\x09\0\x20\0\0\0\0\0\0"] {
            assert!(Capabilities::of_attribute(value).is_empty());
        }
    }
}
