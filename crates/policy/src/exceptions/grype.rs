//! `.grype.yaml`: the rules under `ignore`, and settings that hide findings.

use super::entry::{ALIASES, Exception, list, literal};
use super::{ExceptionFormat, Import};
use crate::document::{Fields, Node, Problems, read_list};
use crate::text::quoted;

pub(super) const FORMAT: ExceptionFormat = ExceptionFormat {
    id: "grype",
    about: "`.grype.yaml` of Grype",
    is: |file, text| {
        let named = ["grype.yaml", "grype.yml"];
        named.iter().any(|name| file.ends_with(name))
            || text.lines().any(|line| line.starts_with("ignore:"))
    },
    read,
};

/// Settings beside the rules that hide findings, and what does so here.
const SETTINGS: &[(&str, &str)] = &[
    ("only-fixed", "write `fix_available: true` in rules"),
    ("only-notfixed", "write `fix_available: false` in rules"),
    ("ignore-wontfix", "write the states of `fix` in rules"),
    ("exclude", "write `except_paths` in rules"),
    ("vex-documents", "give the documents with `--vex`"),
    ("vex-add", "give the documents with `--vex`"),
];

/// Types of packages by their ecosystems here.
const TYPES: &[(&str, &str)] = &[
    ("deb", "deb"),
    ("apk", "apk"),
    ("rpm", "rpm"),
    ("alpm", "alpm"),
    ("portage", "portage"),
    ("python", "pypi"),
    ("npm", "npm"),
    ("go-module", "golang"),
    ("java-archive", "maven"),
    ("jenkins-plugin", "maven"),
    ("gem", "gem"),
    ("rust-crate", "cargo"),
    ("dotnet", "nuget"),
    ("php-composer", "composer"),
    ("php-pecl", "pecl"),
    ("php-pear", "pear"),
    ("hex", "hex"),
    ("dart-pub", "pub"),
    ("R-package", "cran"),
    ("hackage", "hackage"),
    ("bitnami", "bitnami"),
    ("conda", "conda"),
    ("conan", "conan"),
    ("swift", "swift"),
    ("pod", "cocoapods"),
    ("lua-rocks", "luarocks"),
    ("opam", "opam"),
    ("nix", "nix"),
    ("wordpress-plugin", "wordpress"),
    ("binary", "binary"),
    ("linux-kernel", "linux-kernel"),
    ("linux-kernel-module", "linux-kernel-module"),
];

/// Languages by the ecosystems of their packages.
const LANGUAGES: &[(&str, &str)] = &[
    ("python", "pypi"),
    ("javascript", "npm"),
    ("go", "golang"),
    ("java", "maven"),
    ("ruby", "gem"),
    ("rust", "cargo"),
    ("dotnet", "nuget"),
    ("php", "composer"),
    ("elixir", "hex"),
    ("dart", "pub"),
    ("R", "cran"),
    ("haskell", "hackage"),
    ("swift", "swift"),
    ("lua", "luarocks"),
    ("ocaml", "opam"),
];

fn read(text: &str, import: &mut Import, problems: &mut Problems) {
    let Some(node) = Node::parse(text, problems) else {
        return;
    };
    if node.is_empty() {
        return;
    }
    let Some(mut fields) = Fields::of(&node, "the configuration", problems) else {
        return;
    };
    read_list(&mut fields, "ignore", problems, |node, problems| {
        rule(node, import, problems)
    });
    for &(name, why) in SETTINGS {
        let Some(node) = fields.node(name) else {
            continue;
        };
        let is_off = node.scalar().is_some_and(|text| text == "false");
        let is_list = node.scalar().is_none();
        if !is_off && (!is_list || !node.items().is_empty()) {
            import.left_out(Some(node.place.line), &format!("`{name}`"), why);
        }
    }
}

fn rule(node: &Node, import: &mut Import, problems: &mut Problems) -> Option<()> {
    type Text = Option<String>;
    let mut fields = Fields::of(node, "the rule", problems)?;
    let id = fields.take::<Text>("vulnerability", problems);
    let fix = fields.take::<Text>("fix-state", problems);
    let reason = fields.take::<Text>("reason", problems);
    let aliases = fields.take::<Option<bool>>("include-aliases", problems);
    let mut left = Vec::new();
    let package = match fields.node("package") {
        Some(node) => {
            let mut fields = Fields::of(node, "`package` of the rule", problems)?;
            let package = Package::read(&mut fields, problems);
            left.extend(
                fields
                    .left()
                    .into_iter()
                    .map(|(_, name)| format!("package.{name}")),
            );
            package
        }
        None => Some(Package::default()),
    };
    let vex = fields.take::<Text>("vex-status", problems);
    left.extend(fields.left().into_iter().map(|(_, name)| name));
    let (package, fix) = (package?, fix?);
    let mut exception = Exception {
        line: Some(node.place.line),
        id: id?,
        version: package.version.as_deref().map(literal),
        reason: reason?,
        ..Exception::default()
    };
    let named = Exception {
        id: exception.id.clone(),
        package: package.name.clone(),
        ..Exception::default()
    };
    let shown = named.shown();
    if vex?.is_some() {
        let why = "it is about VEX documents; give them with `--vex`";
        import.left_out(exception.line, &shown, why);
        return None;
    }
    if let Some(name) = left.first() {
        let why = format!("entries have no counterpart of {}", quoted(name));
        import.left_out(exception.line, &shown, &why);
        return None;
    }
    if let Some(name) = &package.name {
        match pattern(name) {
            Some(pattern) => exception.package = Some(pattern),
            None => {
                let why = format!("no pattern says what the expression {} does", quoted(name));
                import.left_out(exception.line, &shown, &why);
                return None;
            }
        }
        if exception
            .package
            .as_deref()
            .is_some_and(|p| p.contains(['*', '?']))
        {
            import.note(SLASHES);
        }
    }
    if let Err(why) = conditions(&package, &mut exception) {
        import.left_out(exception.line, &shown, &why);
        return None;
    }
    if package.may_be_java() {
        let name = exception.package.take();
        exception.package = name.map(|name| match name.as_str() {
            // It knows artifacts without their groups.
            "*" => name,
            _ => format!("{{,*:}}{name}"),
        });
    }
    if let Some(fix) = fix {
        if fix == "not-fixed" {
            import.note(NOT_FIXED);
        }
        exception.when.push(format!("fix: {}", list([fix])));
    }
    if exception.id.is_none() && exception.when.is_empty() {
        if exception.package.is_none() && exception.version.is_none() {
            import.left_out(exception.line, &shown, "it ignores nothing");
            return None;
        }
        // It is about vulnerabilities, not about the package.
        let kinds = "kinds: [vulnerability, malware]";
        exception.when.push(kinds.to_owned());
    }
    if exception.id.is_some() && aliases? != Some(true) {
        import.note(ALIASES);
    }
    import.add(&exception);
    Some(())
}

#[derive(Default)]
struct Package {
    /// An expression.
    name: Option<String>,
    version: Option<String>,
    kind: Option<String>,
    language: Option<String>,
    location: Option<String>,
}

impl Package {
    fn read(fields: &mut Fields<'_>, problems: &mut Problems) -> Option<Self> {
        let mut text = |name| {
            let text = fields.take::<Option<String>>(name, problems);
            text.map(|text| text.filter(|text| !text.is_empty()))
        };
        Some(Self {
            name: text("name")?,
            version: text("version")?,
            kind: text("type")?,
            language: text("language")?,
            location: text("location")?,
        })
    }

    fn may_be_java(&self) -> bool {
        let is_artifact = self
            .name
            .as_deref()
            .is_some_and(|name| !name.contains([':', '/']));
        let kinds = [None, Some("java-archive"), Some("jenkins-plugin")];
        let languages = [None, Some("java")];
        is_artifact
            && kinds.contains(&self.kind.as_deref())
            && languages.contains(&self.language.as_deref())
    }
}

fn conditions(package: &Package, exception: &mut Exception) -> Result<(), String> {
    let known = |table: &[(&str, &'static str)], word: &str, what: &str| {
        let row = table.iter().find(|(name, _)| *name == word);
        row.map(|(_, ecosystem)| *ecosystem).ok_or_else(|| {
            format!(
                "entries do not choose packages of the {what} {}",
                quoted(word)
            )
        })
    };
    let kind = package.kind.as_deref();
    let kind = kind.map(|kind| known(TYPES, kind, "type")).transpose()?;
    let language = package.language.as_deref();
    let language = language
        .map(|language| known(LANGUAGES, language, "language"))
        .transpose()?;
    match (kind, language) {
        (Some(kind), Some(language)) if kind != language => {
            return Err("its type and its language are never those of one package".to_owned());
        }
        (Some(one), _) | (None, Some(one)) => {
            exception.when.push(format!("ecosystems: [{one}]"));
        }
        (None, None) => {}
    }
    if let Some(location) = &package.location {
        exception.when.push(format!("paths: {}", list([location])));
    }
    Ok(())
}

const SLASHES: &str = "wildcards in names of packages do not go beyond a slash here, in the file \
     `.*` does";

const NOT_FIXED: &str = "`not-fixed` here leaves out what is `deferred`, `end-of-life` or \
     `under-investigation`; add these where they are meant";

/// The pattern for what an expression matches, where there is one: literal
/// text, `.*`, `.+`, classes and groups of alternatives. Of a lone `.` the
/// literal meaning is kept.
fn pattern(expression: &str) -> Option<String> {
    let text = expression.strip_prefix('^').unwrap_or(expression);
    let text = match text.strip_suffix('$') {
        Some(rest) if !rest.ends_with('\\') => rest,
        _ => text,
    };
    let mut pattern = String::new();
    let mut is_in_group = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next().filter(|c| !c.is_ascii_alphanumeric())?;
                pattern.push_str(&literal(&escaped.to_string()));
            }
            '.' => match chars.peek() {
                Some('*') => {
                    chars.next();
                    pattern.push('*');
                }
                Some('+') => {
                    chars.next();
                    pattern.push_str("?*");
                }
                _ => pattern.push('.'),
            },
            '[' => {
                pattern.push('[');
                loop {
                    match chars.next()? {
                        ']' => break,
                        c if c.is_ascii_alphanumeric() || "-_.".contains(c) => pattern.push(c),
                        _ => return None,
                    }
                }
                pattern.push(']');
            }
            '(' if !is_in_group => {
                if chars.peek() == Some(&'?') {
                    chars.next();
                    chars.next().filter(|c| *c == ':')?;
                }
                is_in_group = true;
                pattern.push('{');
            }
            ')' if is_in_group => {
                is_in_group = false;
                pattern.push('}');
            }
            '|' if is_in_group => pattern.push(','),
            ',' if is_in_group => return None,
            '*' | '+' | '?' | '{' | '}' | ']' | '(' | ')' | '|' | '^' | '$' => return None,
            c => pattern.push(c),
        }
        // What is repeated has no counterpart.
        if chars.peek().is_some_and(|c| "*+?{".contains(*c)) {
            return None;
        }
    }
    (!is_in_group && !pattern.is_empty()).then_some(pattern)
}

#[cfg(test)]
#[test]
fn expressions_are_patterns_where_there_is_one() {
    let all = [
        ("libssl1.1", Some("libssl1.1")),
        ("^linux-.*$", Some("linux-*")),
        (".*", Some("*")),
        ("libstdc\\+\\+6", Some("libstdc++6")),
        ("(curl|libcurl.+)", Some("{curl,libcurl?*}")),
        ("py[23]-x", Some("py[23]-x")),
        ("@scope/name", Some("@scope/name")),
        ("a|b", None),
        ("libstdc++6", None),
        ("x\\d", None),
        ("ab*", None),
        ("(a)?b", None),
        ("x{2}", None),
        ("(a", None),
        ("[", None),
        ("", None),
    ];
    for (expression, expected) in all {
        assert_eq!(pattern(expression).as_deref(), expected, "{expression}");
    }
}
