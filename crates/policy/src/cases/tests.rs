use super::*;
use crate::verdict::DataPosition;
use crate::{Policy, Subject, judge};

const CASES: &str = "
policy: prod.yaml
as_of: 2026-10-15
cases:
  - name: a critical flaw with a fix stops
    given:
      reference: registry.example/shop/api:1
      user: app
      users: [{ name: app, uid: 1000 }]
      labels: { team: shop }
      packages: pkg:npm/left-pad@1.0.0
      vulnerabilities:
        - { id: CVE-2026-0001, package: left-pad, severity: critical, fixed_in: 1.0.1, cvss: 9.8 }
      files: [{ path: /usr/bin/x, mode: '4755' }]
    expect: fail
    fires: [critical, setuid]
    silent: [root]
  - name: wrong on purpose
    given: { user: root }
    expect: pass
    fires: critical
    silent: root
";

const POLICY: &str = "
version: 1
name: prod
rules:
  - { name: critical, gate: vulnerabilities, trigger: package, when: { severity: critical, cvss_at_least: 9 } }
  - { name: setuid, gate: files, trigger: setuid, action: warn }
  - { name: root, gate: user, trigger: root }
";

fn document(text: &str) -> Document {
    Document {
        name: "cases.yaml".to_owned(),
        text: text.to_owned(),
    }
}

fn differences(case: &Case) -> Vec<String> {
    let policy = Policy::parse(POLICY, "prod.yaml").unwrap();
    let CaseImage::Given(inventory, findings) = &case.image else {
        panic!("not given")
    };
    let verdict = judge(
        &policy,
        &Subject {
            inventory,
            findings,
            suppressed: &[],
            data: Some(DataPosition {
                position: "given".into(),
                built: "2026-10-15T00:00:00Z".into(),
            }),
            lifecycle: None,
            now: "2026-10-15T00:00:00Z".parse().unwrap(),
            baseline: None,
        },
    );
    case.differences(&verdict)
}

#[test]
fn a_case_holds_or_says_what_is_otherwise() {
    let cases = Cases::read(&document(CASES)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(cases.policy.as_deref(), Some("prod.yaml"));
    let [right, wrong] = cases.cases.as_slice() else {
        panic!("{} cases", cases.cases.len())
    };
    assert_eq!(differences(right), Vec::<String>::new());
    assert_eq!(
        differences(wrong),
        [
            "expected pass, the verdict is fail",
            "`critical` is expected to fire and does not",
            "`root` fires: runs as root: USER is `root`",
        ]
    );
}

#[test]
fn everything_that_is_wrong_with_cases_is_said() {
    let text = "
as_of: yesterday
cases:
  - { name: none, expect: pass }
  - { name: both, image: x, record: y, expect: pass }
  - { name: silent, image: x }
  - name: broken
    expect: fial
    given:
      packages: [left-pad]
      vulnerabilities: [{ id: CVE-1, package: x }]
      prots: 22
      files: [{ path: x, mode: 9 }]
";
    let error = Cases::read(&document(text)).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(
        lines,
        [
            "cases.yaml:2:8: `as_of`: `yesterday` is not a day as `YYYY-MM-DD`",
            "cases.yaml:4:5: case `none` needs one of `image`, `record` and `given`",
            "cases.yaml:5:5: case `both` needs one of `image`, `record` and `given`",
            "cases.yaml:6:5: case `silent` expects nothing; write `expect`, `fires` or `silent`",
            "cases.yaml:8:13: `expect`: unknown value `fial`; did you mean `fail`?",
            "cases.yaml:10:18: `packages`: `left-pad` is not a package URL such as `pkg:npm/left-pad@1.0.0`",
            "cases.yaml:13:32: `mode`: `9` is not permission bits such as `\"4755\"`",
        ]
    );
}
