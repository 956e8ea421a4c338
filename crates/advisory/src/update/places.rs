//! Documents whose addresses only another document tells.

use super::renew::text;
use crate::feeds::Place;
use crate::fetch::{Fetched, Fetcher};
use crate::input::{InputError, failed};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde::Deserialize;

/// Bytes of a document that names others.
const MAX_POINTER: usize = 4 << 20;
/// Pages that a list of pages may have, repositories that a catalogue may name.
const MOST: usize = 2000;

/// The documents of a place, each with its mirrors; none where a repository has
/// no advisories.
///
/// # Errors
/// When what names them cannot be fetched or read.
pub(super) fn documents(place: &Place, fetcher: &Fetcher) -> Result<Vec<Vec<String>>, InputError> {
    match place {
        Place::Named(by) => {
            let name = fetch(fetcher, by)?;
            let name = name.trim();
            let folder = by.rsplit_once('/').map_or("", |(folder, _)| folder);
            match is_name(name) {
                true => Ok(vec![vec![format!("{folder}/{name}")]]),
                false => Err(failed(by, "it names no file")),
            }
        }
        Place::Pages(url) => pages(url, fetcher),
        Place::Repository(mirrors) => Ok(updateinfo(mirrors, fetcher)?.into_iter().collect()),
        Place::Extras { catalogue, mirrors } => extras(catalogue, mirrors, fetcher),
    }
}

/// A file name that leads nowhere else.
fn is_name(name: &str) -> bool {
    let odd = |c: char| !c.is_ascii_alphanumeric() && !"-_.+".contains(c);
    !name.is_empty() && !name.starts_with('.') && !name.contains(odd)
}

fn fetch(fetcher: &Fetcher, url: &str) -> Result<String, InputError> {
    match fetcher.get(&[url], None)? {
        Fetched::New(mut input, _) => text(&mut input, MAX_POINTER),
        Fetched::Unchanged => Err(failed(url, "answered nothing")),
    }
}

/// Every page of a list, the first of which says how many there are.
fn pages(url: &str, fetcher: &Fetcher) -> Result<Vec<Vec<String>>, InputError> {
    #[derive(Deserialize)]
    struct Page {
        pages: usize,
    }
    let page = |number: usize| format!("{url}&page={number}");
    let first = match fetcher.get(&[&page(1)], None)? {
        Fetched::New(mut input, _) => text(&mut input, 64 << 20)?,
        Fetched::Unchanged => String::new(),
    };
    let first: Page = serde_json::from_str(&first).map_err(|error| failed(url, error))?;
    if first.pages > MOST {
        return Err(failed(url, format!("it has {} pages", first.pages)));
    }
    Ok((1..=first.pages.max(1))
        .map(|number| vec![page(number)])
        .collect())
}

/// The `updateinfo` of an rpm repository on each of its mirrors, by the list of
/// them; `None` for a repository without one.
fn updateinfo(list: &str, fetcher: &Fetcher) -> Result<Option<Vec<String>>, InputError> {
    let mirrors = fetch(fetcher, list)?;
    repository(list, &mirrors, fetcher)
}

fn repository(
    list: &str,
    mirrors: &str,
    fetcher: &Fetcher,
) -> Result<Option<Vec<String>>, InputError> {
    // What came unprotected could be anybody's.
    let secure = mirrors
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("https://"));
    let mirrors: Vec<String> = secure
        .map(|line| line.replace("$basearch", "x86_64"))
        .map(|line| line.trim_end_matches('/').to_owned())
        .take(20)
        .collect();
    let indexes: Vec<String> = mirrors
        .iter()
        .map(|mirror| format!("{mirror}/repodata/repomd.xml"))
        .collect();
    let Some(index) = indexes.first() else {
        return Err(failed(list, "it names no mirror that speaks https"));
    };
    let urls: Vec<&str> = indexes.iter().map(String::as_str).collect();
    let metadata = match fetcher.get(&urls, None)? {
        Fetched::New(mut input, _) => text(&mut input, MAX_POINTER)?,
        Fetched::Unchanged => String::new(),
    };
    let Some(href) = location(&metadata).map_err(|reason| failed(index, reason))? else {
        return Ok(None);
    };
    let sane = href.split('/').all(is_name);
    if !sane {
        return Err(failed(
            index,
            format!("`{href}` is no place in a repository"),
        ));
    }
    Ok(Some(
        mirrors
            .iter()
            .map(|mirror| format!("{mirror}/{href}"))
            .collect(),
    ))
}

/// Where the metadata of a repository says that its `updateinfo` is.
fn location(metadata: &str) -> Result<Option<String>, String> {
    let mut reader = Reader::from_str(metadata);
    let (mut inside, mut known) = (false, false);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Eof if known => return Ok(None),
            Event::Eof => return Err("it is no metadata of a repository".to_owned()),
            Event::Start(tag) | Event::Empty(tag) => {
                let attribute = |name: &str| {
                    let found = tag.try_get_attribute(name).ok().flatten()?;
                    Some(found.value.into_owned())
                };
                match tag.local_name().as_ref() {
                    "repomd" => known = true,
                    "data" => inside = attribute("type").as_deref() == Some("updateinfo"),
                    "location" if inside => return Ok(attribute("href")),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// The repositories of every topic that a catalogue names; topics that were
/// given up have none any more.
fn extras(
    catalogue: &str,
    mirrors: &str,
    fetcher: &Fetcher,
) -> Result<Vec<Vec<String>>, InputError> {
    #[derive(Deserialize)]
    struct Catalogue {
        topics: Vec<Topic>,
    }
    #[derive(Deserialize)]
    struct Topic {
        n: String,
    }
    let text_of = fetch(fetcher, catalogue)?;
    let known: Catalogue = serde_json::from_str(&text_of).map_err(|e| failed(catalogue, e))?;
    if known.topics.is_empty() || known.topics.len() > MOST {
        let reason = format!("it names {} topics", known.topics.len());
        return Err(failed(catalogue, reason));
    }
    let mut documents = Vec::new();
    for Topic { n: topic } in &known.topics {
        if !is_name(topic) {
            return Err(failed(
                catalogue,
                format!("`{topic}` is no name of a topic"),
            ));
        }
        let list = mirrors.replace("{}", topic);
        if let Some((mut input, _)) = fetcher.find(&list)? {
            let lines = text(&mut input, MAX_POINTER)?;
            documents.extend(repository(&list, &lines, fetcher)?);
        }
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Answer, Server};

    fn found(
        place: &Place,
        answers: Vec<Answer>,
    ) -> (Result<Vec<Vec<String>>, String>, Vec<String>) {
        let server = Server::start(answers);
        let fetcher = Fetcher::hasty(&server.url());
        let found = documents(place, &fetcher);
        let found = found.map_err(|error| error.reason.unwrap_or_default());
        let asked = server.asked();
        let path = |request: &String| request.split(' ').nth(1).unwrap().to_owned();
        (found, asked.iter().map(path).collect())
    }

    const REPOMD: &str = r#"<?xml version="1.0"?><repomd xmlns="http://linux.duke.edu/metadata/repo">
        <data type="primary"><location href="repodata/primary.xml.gz"/></data>
        <data type="updateinfo"><checksum type="sha256">x</checksum><location href="repodata/updateinfo.xml.gz"/></data></repomd>"#;
    const BARE: &str = r#"<repomd><data type="primary"><location href="repodata/primary.xml.gz"/></data></repomd>"#;

    #[test]
    fn an_archive_is_where_a_text_beside_it_says() {
        let place = Place::Named("https://x.org/vex/archive_latest.txt".into());
        let (found_at, _) = found(&place, vec![Answer::ok("csaf_vex_2026-11-20.tar.zst\n")]);
        assert_eq!(
            found_at.unwrap(),
            [["https://x.org/vex/csaf_vex_2026-11-20.tar.zst"]]
        );
        for odd in ["../../x.tar.zst", "https://elsewhere.org/x", "", ".hidden"] {
            let (refused, _) = found(&place, vec![Answer::ok(odd)]);
            assert_eq!(refused.unwrap_err(), "it names no file", "{odd}");
        }
    }

    #[test]
    fn a_repository_is_asked_for_its_updateinfo_on_its_mirrors() {
        let place = Place::Repository("https://cdn.org/core/mirror.list".into());
        let mirrors = "http://plain.org/a\nhttps://one.org/$basearch/\nhttps://two.org/b\n";
        let (at, asked) = found(&place, vec![Answer::ok(mirrors), Answer::ok(REPOMD)]);
        assert_eq!(
            at.unwrap(),
            [[
                "https://one.org/x86_64/repodata/updateinfo.xml.gz",
                "https://two.org/b/repodata/updateinfo.xml.gz"
            ]]
        );
        assert_eq!(asked[1], "/one.org/x86_64/repodata/repomd.xml");
        let (none, _) = found(&place, vec![Answer::ok(mirrors), Answer::ok(BARE)]);
        assert!(none.unwrap().is_empty());
        let (page, _) = found(
            &place,
            vec![Answer::ok(mirrors), Answer::ok("<html></html>")],
        );
        assert!(page.unwrap_err().contains("no metadata"));
        let (plain, _) = found(&place, vec![Answer::ok("http://plain.org/a\n")]);
        assert!(plain.unwrap_err().contains("https"));
    }

    #[test]
    fn every_topic_of_a_catalogue_is_looked_up_and_those_that_are_gone_are_not() {
        let place = Place::Extras {
            catalogue: "https://cdn.org/2/extras-catalog.json".into(),
            mirrors: "https://cdn.org/2/extras/{}/latest/x86_64/mirror.list".into(),
        };
        let catalogue =
            r#"{"topics":[{"n":"docker","inst":["docker"]},{"n":"gone"},{"n":"nano"}]}"#;
        let mirror = Answer::ok("https://cdn.org/d/\n");
        let (at, asked) = found(
            &place,
            vec![
                Answer::ok(catalogue),
                mirror.clone(),
                Answer::ok(REPOMD),
                Answer::status(404),
                mirror,
                Answer::ok(BARE),
            ],
        );
        assert_eq!(
            at.unwrap(),
            [["https://cdn.org/d/repodata/updateinfo.xml.gz"]]
        );
        assert_eq!(asked[3], "/cdn.org/2/extras/gone/latest/x86_64/mirror.list");
        // What cannot be told costs the feed, which stays as it was.
        let broken = std::iter::repeat_n(Answer::status(503), 5);
        let answers = [Answer::ok(catalogue)].into_iter().chain(broken).collect();
        assert!(found(&place, answers).0.is_err());
    }

    #[test]
    fn all_pages_of_a_list_are_documents() {
        let place = Place::Pages("https://bodhi.org/updates/?type=security".into());
        let (at, _) = found(
            &place,
            vec![Answer::ok(r#"{"updates":[],"page":1,"pages":2}"#)],
        );
        assert_eq!(
            at.unwrap(),
            [
                ["https://bodhi.org/updates/?type=security&page=1"],
                ["https://bodhi.org/updates/?type=security&page=2"]
            ]
        );
        let (many, _) = found(&place, vec![Answer::ok(r#"{"pages":99999}"#)]);
        assert!(many.unwrap_err().contains("99999"));
    }
}
