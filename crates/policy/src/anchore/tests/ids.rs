//! Ids that allowlists of Anchore Engine 1.x use, and that findings of ours
//! must have.

use super::*;
use plimsoll_types::{Ecosystem, FileKind};

#[rustfmt::skip]
const INSTRUCTIONS: &[(&str, &str)] = &[
    ("ADD", "414ad8ac018a0e922e411e584beeeede"),
    ("ARG", "672fcdcd54f346c69ff46fbe0f9226cf"),
    ("CMD", "35abae1e34559f82be38af93dd99c59d"),
    ("COPY", "206a42ac80c3733ceb7eb118fea3a8b5"),
    ("ENTRYPOINT", "62a82765bf5a93147506b079a03cff62"),
    ("ENV", "04ad0123ef9f0ed9978982af49e7cf59"),
    ("EXPOSE", "278412e80908572d17622ae0fa433f06"),
    ("FROM", "0f40662c4205d00ad1f36bc502b0410b"),
    ("HEALTHCHECK", "41cb7cdf04850e33a11f80c42bf660b3"),
    ("LABEL", "1309d0e9ce0d1a54b1f591bad0b0b1c2"),
    ("MAINTAINER", "312fee873a1f039d10fca0be87c28705"),
    ("ONBUILD", "e78b892139e3c82d33a8a6ca046fc8bc"),
    ("RUN", "9c38e358922f0f8c9d183b8251acb218"),
    ("SHELL", "b4c5fbef39819d18fda54e445180ae3a"),
    ("STOPSIGNAL", "71a3462579125503b0819262ceb26f8e"),
    ("USER", "1571e70ee221127984dcf585a56d4cff"),
    ("VOLUME", "e7925fe10a2e25eefa3d945b6b5630b6"),
    ("WORKDIR", "98eb827a4bf20828458e49a5e1f52926"),
];

#[rustfmt::skip]
const PORTS: &[(&str, &str)] = &[
    ("20", "125e11016db481110faa66a2cfd57269"),
    ("20/tcp", "86d1b6f0708df8b661dedd83956592c1"),
    ("21", "9a578ae3952f38172d7e69fe6d06f5ae"),
    ("21/tcp", "34a217bbddcf670f37440580d5090c89"),
    ("22", "cc05c35507995b4a657b63f9b0baa281"),
    ("22/tcp", "94f1be4261f132c97cbb7a32f631a0e1"),
    ("23", "ef0bedb1660a381d696b7a0e83602091"),
    ("23/tcp", "784ba2a7693e885085c85db5f0360741"),
    ("25", "17d7bfc2a3a00c9e89bc70389c9fe423"),
    ("25/tcp", "07cf41e56454f700b182094fc373df6b"),
    ("80", "d87ae6d09f5f7923b426788284b2bb81"),
    ("80/tcp", "fd93268825390416bad8cc6bea58056e"),
    ("111", "c3b97edc3fe6f1d17cf20c31bedd90ce"),
    ("111/tcp", "29ee923a8cca51004597ea051bef31ad"),
    ("139", "72c361532fb6aec622feaeff3742bf8a"),
    ("139/tcp", "5e89c16e92346b8d40b8ae9d7653f880"),
    ("389", "719500aa6754ef84375e50163932c1d0"),
    ("389/tcp", "f08f088cdbab2be1b9a081e07566c26c"),
    ("443", "17e6a613e3e981d637f36cef46b01bfe"),
    ("443/tcp", "966c2c2713e5e813e47594ad732702b3"),
    ("445", "e411dd5fc1af14daa6fc6222d5b3da9e"),
    ("445/tcp", "78a6fa36cf11a1a6e41232e42d1991da"),
    ("512", "c2ecf834484d9a3c914134f6df70ccb5"),
    ("512/tcp", "7608e3f83e09d4a91eb026a07b6714fc"),
    ("2049", "45f7e492d4e9cb2968f21445d97c3742"),
    ("2049/tcp", "688a9284bea06ce569e4ac2862256b40"),
    ("2375", "d90f7765f9e99b920852b32846444044"),
    ("2375/tcp", "65e01a31861630bfdce8e22a5a17c6f7"),
    ("2376", "488a6e4f941146a66f6d6ca1d3197b1e"),
    ("2376/tcp", "b64f76503f4f290a0bb25f38588273ef"),
    ("3306", "6fa5a947932798355fc8edfd8076a373"),
    ("3306/tcp", "884cce4a50c2f359097cf5f234443966"),
    ("3389", "76cc022348c2e170b758ce4b296fd4fa"),
    ("3389/tcp", "911bccb7f570aa5876fc1b600efe692c"),
    ("5432", "da152541f3fe01aebead69ff6c143334"),
    ("5432/tcp", "317c3c693a83b5475a05cbdbc2586f22"),
    ("5900", "c5013bb784b717ecf8e334680456a974"),
    ("5900/tcp", "68c762ecbe19bbc749b887c2dc2d9f47"),
    ("6379", "9fdcc2a07e4a3f7807cea72642e145cc"),
    ("6379/tcp", "4c6a21785f351a3e9b5a5c1abdcc0e21"),
    ("8080", "ed08547986db5ee4c10381766cb8025d"),
    ("8080/tcp", "c65803d0e5bd69ca91e6b9432d951e16"),
    ("9200", "9a99fcd4c6b9fb256fd23fd1e47b627d"),
    ("9200/tcp", "cf3e7771b45462162f3d59a088e565b1"),
    ("11211", "0f3c5c599fdb6427a85222ece47ef602"),
    ("11211/tcp", "6ba48c6617ca061df74fc590f9412286"),
    ("27017", "8d40df4205c7b629e79b091ba84c541f"),
    ("27017/tcp", "b2e8b9be8c690708921dca5127cf03f5"),
];

#[rustfmt::skip]
const STALE: &[(&str, &str)] = &[
    ("1", "39e866cb3781743d7b9cabfb20ab59a3"),
    ("2", "deb3f1afb4ea0ddf587e6c62c341c6fa"),
    ("3", "3c4dd4f6439b01905efdcb329125b0fb"),
    ("5", "7b031c1cc0274fcfaecd929d3fe3b8f6"),
    ("7", "f73d935b8535f54cee7312d4eafa7e73"),
    ("10", "f3f2d0f26b6aac486dc57165bd8d3daa"),
    ("14", "471c4d712466be23c66a34efc16c42fc"),
    ("30", "38f65022ca1456f62a5fe31270fca643"),
];

#[rustfmt::skip]
const PACKAGES: &[(&str, &str, &str)] = &[
    ("blacklist", "sudo", "0285333cc2cdfb241296aefabfd53d64"),
    ("required_package", "sudo", "e918be24d1d14b2bd044c6f51a942dfb"),
    ("blacklist", "openssh-server", "80d99b45cd2bd067ef9e0ae4f7736a4b"),
    ("required_package", "openssh-server", "153617de8dc7297f0d7899b26c773592"),
    ("blacklist", "curl", "5f21bab88b395802f09956562717ff63"),
    ("required_package", "curl", "761274853fabf1b30b81c29a0997190b"),
    ("blacklist", "wget", "0ba50dda2f73116b1f731d2c8af96929"),
    ("required_package", "wget", "8b8b51ff52c48beef1a70f2f1ed763df"),
    ("blacklist", "telnet", "b983a3e51814d6e61cd74f8f41d0791d"),
    ("required_package", "telnet", "9990c4eb4d51f6c935805aff0994983a"),
    ("blacklist", "netcat", "5fa590f80026de691048ce8f085ee96f"),
    ("required_package", "netcat", "a7d8bb9acc7e13380ea738cf760849bf"),
    ("blacklist", "gcc", "351738d5e80840b59ae7e572d20f893c"),
    ("required_package", "gcc", "db0ae3dabc5df48913897963af331318"),
    ("blacklist", "make", "3e71062652f2fa85e4e07d2958108f6a"),
    ("required_package", "make", "b91d88528a59c544fed31a43c94af08d"),
    ("blacklist", "git", "f39c98eda55d4038b50615ddf8550a5d"),
    ("required_package", "git", "d44d2093a7d6af7beb7b1dda99970cea"),
    ("blacklist", "nmap", "2ad3bea8bc8a8c14b511471e8a22e456"),
    ("required_package", "nmap", "d7aaa97f8e6bf630bf98217f1e03e158"),
    ("blacklist", "bash", "91e028489348efddbc406a795b0e7902"),
    ("required_package", "bash", "299dd2be36939043171b516bbee822dd"),
];

#[rustfmt::skip]
const SETUID: &[(&str, &str, &str)] = &[
    ("/bin/su", "104755", "91192388289daa4ffb2844ac9fbd709f"),
    ("/bin/mount", "104755", "bcd2d285f87b13dd5d94b770bc7d69bb"),
    ("/bin/umount", "104755", "e0ed25fb84059281ae26ad059accb5af"),
    ("/bin/ping", "104755", "7cb64caf51d7f4215925e7ccc53ef26d"),
    ("/usr/bin/passwd", "104755", "bcd159901fe47efddae5c095b4b0d7fd"),
    ("/usr/bin/chsh", "104755", "e56b64c2a7d254d4174ecaed69899327"),
    ("/usr/bin/chfn", "104755", "6329fe232b699ab5b4c9002b9f1b1f9e"),
    ("/usr/bin/newgrp", "104755", "463a9a24225c26f7a5bf3f38908e5cb3"),
    ("/usr/bin/gpasswd", "104755", "c2e44319ae5b3b040044d8ae116d1c2f"),
    ("/usr/bin/sudo", "104755", "7b3ee6e9fa9cfa8fcf64f2e59b90be3c"),
    ("/usr/bin/su", "104755", "320a97c6816565eedf3545833df99dd0"),
    ("/usr/bin/mount", "104755", "698044205a9c4a6d48b7937e66a6bf4f"),
    ("/usr/bin/umount", "104755", "e7573262736ef52353cde3bae2617782"),
    ("/usr/bin/wall", "102755", "7218d80206fb8d9c1f61ca5650e4e018"),
    ("/usr/bin/chage", "102755", "75d08d8c7b064bbd44f2f524c924d17b"),
    ("/usr/bin/expiry", "102755", "eec438eed6560f1ea7792b726009538e"),
    ("/sbin/unix_chkpwd", "102755", "9b810028f73e670e702c18625d3412c6"),
];

/// The ids of what one rule finds.
fn ids(gate: &str, trigger: &str, params: Value, scene: &Scene) -> Vec<String> {
    let found = found(gate, trigger, params, scene);
    found
        .into_iter()
        .map(|reason| reason.legacy_id.unwrap())
        .collect()
}

fn plain() -> Scene {
    // A scratch image has neither health check nor user.
    Scene::default().with_config(ImageConfig::default())
}

#[test]
fn of_instructions() {
    for (keyword, id) in INSTRUCTIONS {
        let params = json!({"instruction": keyword.to_lowercase(), "check": "not_exists"});
        let found = ids("dockerfile", "instruction", params, &plain());
        match *keyword {
            // Anchore, too, makes one up for images without Dockerfile.
            "FROM" => assert!(found.is_empty()),
            _ => assert_eq!(found, [*id], "{keyword}"),
        }
    }
}

#[test]
fn of_ports() {
    for (written, id) in PORTS {
        let number = written.split('/').next().unwrap();
        let params = json!({"ports": number, "type": "blacklist"});
        let scene = Scene::default().with_config(exposing(written));
        assert_eq!(
            ids("dockerfile", "exposed_ports", params.clone(), &scene),
            [*id]
        );
        // Either way of writing it finds the item.
        let bare = Scene::default().with_config(exposing(number));
        let mut document = bundle(json!([rule("dockerfile", "exposed_ports", "STOP", params)]));
        let items = json!([{"gate": "dockerfile", "trigger_id": id}]);
        document["whitelists"] = json!([{"id": "w", "items": items}]);
        document["mappings"] = json!([mapping("*", "p", json!(["w"]))]);
        let verdict = verdict(&document, &bare);
        assert!(findings(&verdict)[0].allowed.is_some(), "{written}");
    }
}

#[test]
fn of_users() {
    for (user, list, id) in [
        ("root", "blacklist", "cbff271f45d32e78dcc1979dbca9c14d"),
        ("root", "whitelist", "b2605c2ddbdb02b8e2365c9248dada5a"),
        ("0", "denylist", "85567da27ab943cdfb6f54ec28a6fb7d"),
        ("0", "allowlist", "5d9152821ab4170816b9a32df1cd5f5b"),
    ] {
        let scene = Scene::default().with_config(ImageConfig {
            user: user.into(),
            ..ImageConfig::default()
        });
        let users = if list.starts_with(['b', 'd']) {
            user
        } else {
            "nobody"
        };
        let params = json!({"users": users, "type": list});
        assert_eq!(ids("dockerfile", "effective_user", params, &scene), [id]);
    }
}

#[test]
fn of_old_data() {
    for (days, id) in STALE {
        let scene = Scene::default().with_data("2026-01-01T00:00:00Z");
        let params = json!({"max_days_since_sync": days});
        assert_eq!(
            ids("vulnerabilities", "stale_feed_data", params, &scene),
            [*id]
        );
    }
}

#[test]
fn of_packages() {
    for (trigger, name, id) in PACKAGES {
        let scene = match *trigger {
            "blacklist" => Scene::default().with_package(Ecosystem::Deb, name, "1.0-1"),
            _ => Scene::default(),
        };
        assert_eq!(
            ids("packages", trigger, json!({"name": name}), &scene),
            [*id]
        );
    }
}

#[test]
fn of_files() {
    for (path, mode, id) in SETUID {
        let mode = u16::from_str_radix(&mode[2..], 8).unwrap();
        let path = path.strip_prefix('/').unwrap();
        let scene = Scene::default().with_file(path, FileKind::File, mode);
        assert_eq!(
            ids("files", "suid_or_guid_set", json!({}), &scene),
            [*id],
            "{path}"
        );
    }
}

#[test]
fn of_what_is_always_the_same() {
    for (gate, trigger, params, id) in [
        (
            "dockerfile",
            "no_dockerfile_provided",
            json!({}),
            "b00b22232c1902075263067d2d2b8eea",
        ),
        (
            "passwd_file",
            "content_not_available",
            json!({}),
            "a03e8bea98bc473ccb1dc7471b201943",
        ),
        (
            "retrieved_files",
            "content_not_available",
            json!({"path": "/etc/x"}),
            "013ff87ce9b12826800438355925acd3",
        ),
        (
            "malware",
            "scan_not_run",
            json!({}),
            "7feaec55f790ab6b3edba15014b8b5f2",
        ),
        ("always", "always", json!({}), "always"),
    ] {
        assert_eq!(ids(gate, trigger, params, &plain()), [id]);
    }
}

#[test]
fn of_rules_in_the_later_spelling_too() {
    let document = json!({
        "id": "b", "version": "2", "name": "b",
        "rule_sets": [{"id": "p", "version": "2", "name": "p", "rules": [
            rule("packages", "denylist", "STOP", json!({"name": "sudo"})),
        ]}],
        "allowlists": [{"id": "w", "version": "2", "name": "w", "items": [
            {"id": "i", "gate": "packages", "trigger_id": "0285333cc2cdfb241296aefabfd53d64"},
        ]}],
        "mappings": [{
            "id": "m", "name": "m", "registry": "*", "repository": "*",
            "image": {"type": "tag", "value": "*"},
            "rule_set_ids": ["p"], "allowlist_ids": ["w"],
        }],
    });
    let scene = Scene::default().with_package(Ecosystem::Deb, "sudo", "1.9-1");
    let verdict = verdict(&document, &scene);
    let reason = findings(&verdict)[0];
    assert_eq!(reason.trigger, "denylist");
    assert!(reason.allowed.is_some());
}
