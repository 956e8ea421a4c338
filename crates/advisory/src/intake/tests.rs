use super::*;
use crate::advisory::{Affected, Window};

fn advisory(record: &str, modified: &str, release: &str) -> Advisory {
    let namespace = Namespace::from_osv(&format!("Debian:{release}")).unwrap();
    Advisory {
        feed: "debian".into(),
        record: record.into(),
        id: record.into(),
        modified: modified.into(),
        affected: vec![Affected::new(namespace, "x", vec![Window::ALL])],
        ..Advisory::default()
    }
}

type Told = Vec<(String, Vec<(String, String, usize)>)>;

fn parts(intake: &mut Intake) -> Told {
    let mut parts = Vec::new();
    let each = |(_, namespace): PartKey, advisories: Vec<Advisory>| {
        let told = advisories.iter();
        let told = told.map(|a| (a.record.clone(), a.modified.clone(), a.affected.len()));
        parts.push((namespace.to_string(), told.collect()));
        Ok(())
    };
    intake.parts(each).unwrap();
    parts
}

#[test]
fn parts_are_the_same_however_often_memory_was_emptied() {
    let told = [
        ("B", "2", "12"),
        ("A", "1", "12"),
        ("A", "3", "11"),
        ("A", "2", "12"),
    ];
    let read = |often: bool| {
        let mut intake = Intake::default();
        for (record, modified, release) in told {
            intake.replace(advisory(record, modified, release));
            if often {
                intake.put_aside().unwrap();
            }
        }
        assert_eq!(intake.records("debian"), 2);
        parts(&mut intake)
    };
    let row = |record: &str, modified: &str| (record.to_owned(), modified.to_owned(), 1);
    assert_eq!(read(true), read(false));
    assert_eq!(
        read(true),
        [
            ("debian:11".to_owned(), vec![row("A", "3")]),
            ("debian:12".to_owned(), vec![row("A", "2"), row("B", "2")]),
        ]
    );
}

#[test]
fn rows_of_one_record_add_up_across_blocks() {
    let mut intake = Intake::default();
    for _ in 0..3 {
        intake.merge(advisory("A", "", "12"));
        intake.put_aside().unwrap();
    }
    assert_eq!(parts(&mut intake)[0].1, [("A".into(), String::new(), 3)]);
}
