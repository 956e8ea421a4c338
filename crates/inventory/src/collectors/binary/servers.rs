//! Servers, proxies, and what runs clusters.

use super::rule::{Product, Rule, find};

const HAPROXY: Product = Product::new("haproxy", &["haproxy:haproxy"]);
const HTTPD: Product = Product::new("httpd", &["apache:http_server"]);
const NGINX: Product = Product::new("nginx", &["f5:nginx", "nginx:nginx"]);
const OPENRESTY: Product = Product::new("openresty", &["openresty:openresty"]);
const LIGHTTPD: Product = Product::new("lighttpd", &["lighttpd:lighttpd"]);
const PROFTPD: Product = Product::new("proftpd", &["proftpd:proftpd"]);
const ENVOY: Product = Product::new("envoy", &["envoyproxy:envoy"]);
const FLUENT_BIT: Product = Product::new("fluent-bit", &["treasuredata:fluent_bit"]);
const TRAEFIK: Product = Product::go(
    "traefik",
    "github.com/traefik/traefik",
    &["traefik:traefik"],
);
const HELM: Product = Product::go("helm", "helm.sh/helm", &["helm:helm"]);
const CONSUL: Product = Product::go(
    "consul",
    "github.com/hashicorp/consul",
    &["hashicorp:consul"],
);
const VAULT: Product = Product::go(
    "github.com/hashicorp/vault",
    "github.com/hashicorp/vault",
    &["hashicorp:vault"],
);
const GRAFANA: Product = Product::go(
    "grafana",
    "github.com/grafana/grafana",
    &["grafana:grafana"],
);
const PILOT_DISCOVERY: Product = Product::go("pilot-discovery", "istio.io/istio", &["istio:istio"]);
const PILOT_AGENT: Product = Product::go("pilot-agent", "istio.io/istio", &["istio:istio"]);
const INGRESS: Product = Product::go(
    "nginx-ingress-controller",
    "k8s.io/ingress-nginx",
    &["kubernetes:ingress-nginx"],
);
const FILEBEAT: Product = Product::go(
    "filebeat",
    "github.com/elastic/beats",
    &["elastic:filebeat"],
);
const METRICBEAT: Product = Product::go(
    "metricbeat",
    "github.com/elastic/beats",
    &["elastic:metricbeat"],
);
const HEARTBEAT: Product = Product::go(
    "heartbeat",
    "github.com/elastic/beats",
    &["elastic:heartbeat"],
);
const PACKETBEAT: Product = Product::go(
    "packetbeat",
    "github.com/elastic/beats",
    &["elastic:packetbeat"],
);
const AUDITBEAT: Product = Product::go(
    "auditbeat",
    "github.com/elastic/beats",
    &["elastic:auditbeat"],
);
const ELASTIC_AGENT: Product = Product::go(
    "elastic-agent",
    "github.com/elastic/elastic-agent",
    &["elastic:elastic_agent"],
);

const ENVOY_VERSION: &str = r"\x00(1\.[0-9]{1,2}\.[0-9]+(?:-dev)?)\x00";

/// The linker of Go puts texts without an end side by side, sorted by length,
/// so that the version stands behind another text of about its length.
macro_rules! beat {
    ($name:literal, $product:ident) => {
        Rule::program(
            &[$name],
            &[
                find(&[&$product], "", r"Test ({V})"),
                find(&[&$product], "", r"plugin({V})"),
                find(&[&$product], "", r"5m\.rate({V})-"),
            ],
        )
    };
}

/// Versions of Istio stand twice, or behind the state of the source tree.
macro_rules! istio {
    ($name:literal, $product:ident) => {
        Rule::program(
            &[$name],
            &[
                find(
                    &[&$product],
                    "",
                    r"[0-9]\.[0-9]+\.[0-9]+(?:-(?:alpha|beta|rc)\.[0-9]+|-dev)?\x00+({V}(?:-(?:alpha|beta|rc)\.[0-9]+|-dev)?)\x00",
                ),
                find(
                    &[&$product],
                    "Clean",
                    r"Clean\x00+({V}(?:-(?:alpha|beta|rc)\.[0-9]+|-dev)?)\x00",
                ),
                find(&[&$product], "Modified", r"Modified\x00+({W}(?:\.[0-9]+)?-dev)\x00"),
                find(
                    &[&$product],
                    "=v<y5",
                    r"[^0-9.]({V}(?:-(?:alpha|beta|rc)\.[0-9]+|-dev)?)\x00+.{1,100}?S?=v<y5",
                ),
            ],
        )
    };
}

pub(super) static RULES: &[Rule] = &[
    Rule::program(
        &["haproxy"],
        &[
            find(
                &[&HAPROXY],
                ", released 20",
                r"version ({W}(?:\.[0-9]+)?(?:-(?:dev|rc)[0-9]+)?)(?:-[0-9a-f]{6,9})?(?:-[0-9]+)?, released 20",
            ),
            find(
                &[&HAPROXY],
                "HA-Proxy version ",
                r"HA-Proxy version ({W}(?:\.[0-9]+)?(?:-(?:dev|rc)[0-9]+)?)",
            ),
            find(
                &[&HAPROXY],
                "HAProxy version",
                r"[^0-9.]({W}(?:\.[0-9]+)?(?:-(?:dev|rc)[0-9]+)?)-[0-9a-f]{7}[^0-9a-f].{0,300}?HAProxy version",
            ),
        ],
    )
    .shown(&[
        ("\0version 2.9-dev3-1a2b3c4, released 2023/08/12\0", "haproxy@2.9-dev3"),
        ("\x002.7.3-1065b10 2023/02/14\0HAProxy version follows\0", "haproxy@2.7.3"),
    ]),
    Rule::program(
        &["httpd"],
        &[find(&[&HTTPD], "Apache/", r"Apache/({V}(?:-dev)?)")],
    )
    .shown(&[("\0Apache/2.4.58 (Unix)\0", "httpd@2.4.58")]),
    Rule::program(
        &["nginx", "nginx-debug"],
        &[
            find(
                &[&OPENRESTY, &NGINX],
                "nginx version: openresty/",
                r"nginx version: openresty/(({V})(?:\.[0-9]+)?)",
            ),
            find(
                &[&NGINX],
                "nginx version: nginx/",
                r"nginx version: nginx/({V}(?:\+[0-9]+)?(?:-[0-9]+)?)",
            ),
        ],
    )
    .shown(&[(
        "\0nginx version: openresty/1.21.4.1\n\0",
        "openresty@1.21.4.1 nginx@1.21.4",
    )]),
    Rule::program(
        &["lighttpd"],
        &[find(&[&LIGHTTPD], "", r"\x00lighttpd/({V})\x00")],
    ),
    Rule::program(
        &["proftpd"],
        &[find(&[&PROFTPD], "ProFTPD Version ", r"\x00ProFTPD Version ({V}(?:[a-z]|rc[0-9]+)?)\x00")],
    ),
    Rule::program(
        &["envoy"],
        &[
            find(
                &[&ENVOY],
                "/Clean/RELEASE",
                r"[0-9a-f]{40}/({V}(?:-[a-z0-9.]+)?)/Clean/RELEASE",
            ),
            find(&[&ENVOY], "envoy_reloadable_features", ENVOY_VERSION),
            find(&[&ENVOY], "envoy.reloadable_features", ENVOY_VERSION),
            find(&[&ENVOY], "envoy_quic", ENVOY_VERSION),
            find(&[&ENVOY], "ValidationError", ENVOY_VERSION).known_by(&["envoy"]),
            find(&[&ENVOY], "Unable to", ENVOY_VERSION).known_by(&["envoy"]),
            find(&[&ENVOY], "[source/", ENVOY_VERSION).known_by(&["envoy"]),
            find(
                &[&ENVOY],
                "RELEASE",
                r"\x00(1\.[0-9]{1,2}\.[0-9]+(?:-dev)?)\x00.{0,20}?RELEASE",
            ),
        ],
    )
    .shown(&[
        (
            "\x000123456789abcdef0123456789abcdef01234567/1.30.1/Clean/RELEASE/BoringSSL\0",
            "envoy@1.30.1",
        ),
        ("\x001.28.7\0x\0envoy_quic_x\0", "envoy@1.28.7"),
    ]),
    Rule::program(
        &["fluent-bit"],
        &[find(&[&FLUENT_BIT], "Fluent Bit", r"\x00({V})\x00.{0,40}?Fluent Bit")],
    ),
    Rule::program(
        &["traefik"],
        &[find(
            &[&TRAEFIK],
            "",
            r"[^\x20-\x7e][^0-9]?({V}(?:-(?:alpha|beta|ea|rc)\.?[0-9]+)?)\x00",
        )],
    ),
    Rule::program(
        &["helm"],
        &[
            find(&[&HELM], "", r"\x00v({V}(?:-(?:alpha|beta|rc)\.[0-9]+)?)\x00\x00"),
            find(&[&HELM], "go1.", r"v({V}(?:-(?:alpha|beta|rc)\.[0-9]+)?)\x00.{0,100}?go1\.[0-9]"),
            find(&[&HELM], "", r"@v({V}(?:-(?:alpha|beta|rc)\.[0-9]+)?)\x00"),
        ],
    ),
    Rule::program(
        &["consul"],
        &[
            find(&[&CONSUL], "CONSUL_VERSION: ", r"CONSUL_VERSION: ({V})"),
            find(&[&CONSUL], "GitDescribe=", r#"GitDescribe=v?({V})""#),
            find(&[&CONSUL], "", r"\x00v({V})\x00"),
        ],
    ),
    Rule::program(
        &["vault"],
        &[
            find(&[&VAULT], "", r"revoke({V})"),
            find(&[&VAULT], "", r"state({V}-rc[0-9])"),
            find(&[&VAULT], "", r"016x(1\.1[0-9]\.[0-9]{1,2})"),
            find(&[&VAULT], "", r"\x00(1\.[0-9]{1,2}\.[0-9]{1,2})\x00"),
        ],
    )
    .shown(&[("0x%016x1.14.101.49.22123-abc", "github.com/hashicorp/vault@1.14.10")]),
    Rule::program(
        &["grafana", "grafana-server"],
        &[
            find(
                &[&GRAFANA],
                "release-",
                r"\x00release-({V}(?:-(?:beta[0-9]+|test|preview))?)(?:\+security-[0-9]+)?\x00",
            ),
            find(&[&GRAFANA], "", r"\x00({V}-[0-9]{6,})\x00"),
            find(
                &[&GRAFANA],
                "go1.",
                r"\x00go1\.[0-9.]+\x00+({V}(?:-(?:beta[0-9]+|test|preview))?)(?:\+security-[0-9]+)?\x00",
            ),
            find(
                &[&GRAFANA],
                "",
                r"[^0-9.]({V}(?:-(?:beta[0-9]+|test|preview))?)(?:\+security-[0-9]+)?\x00+\$a",
            ),
            find(
                &[&GRAFANA],
                "go1.",
                r"[^0-9.]({V}(?:-(?:beta[0-9]+|test|preview))?)(?:\+security-[0-9]+)?\x00+.{1,100}?\x00go1\.[0-9.]+\x00",
            ),
            find(
                &[&GRAFANA],
                "",
                r"[^0-9.]({V}(?:-(?:beta[0-9]+|test|preview))?)(?:\+security-[0-9]+)?\x00+v{W}\.x\x00",
            ),
            find(
                &[&GRAFANA],
                "HEAD\0",
                r"HEAD\x00+.{0,120}?\x00({V}(?:-(?:beta[0-9]+|test|preview))?)(?:\+security-[0-9]+)?\x00",
            ),
            find(
                &[&GRAFANA],
                "\0/u",
                r"[^0-9.]({V}(?:-(?:beta[0-9]+|test|preview))?)(?:\+security-[0-9]+)?\x00",
            ),
            // Older than 11, it may stand behind two bytes of any kind.
            find(
                &[&GRAFANA],
                "",
                r"\x00.(10\.[0-9]+\.[0-9]+(?:-(?:beta[0-9]+|test|preview))?)(?:\+security-[0-9]+)?\x00",
            ),
        ],
    )
    .shown(&[
        ("\0\0release-12.3.2+security-01\0\0", "grafana@12.3.2"),
        ("9b1f5f0a81\0\0\x009.4.0-beta1\0\0/usr/local/go", "grafana@9.4.0-beta1"),
    ]),
    istio!("pilot-discovery", PILOT_DISCOVERY),
    istio!("pilot-agent", PILOT_AGENT),
    Rule::program(
        &["nginx-ingress-controller"],
        // Versions of what it is built from stand before a single zero.
        &[
            find(
                &[&INGRESS],
                "",
                r"[^0-9A-Za-z.]v({V}(?:-(?:alpha|beta)\.[0-9]+)?)\x00\x00",
            ),
            find(
                &[&INGRESS],
                "go1.",
                r"[^0-9A-Za-z.]v({V}(?:-(?:alpha|beta)\.[0-9]+)?)\x00.{0,50}?go1\.[0-9.]+\x00",
            ),
            find(
                &[&INGRESS],
                "=v<y5",
                r"\x00v?({V}(?:-(?:alpha|beta)\.[0-9]+)?)\x00.{0,100}?S=v<y5",
            ),
        ],
    )
    .shown(&[("\0v1.19.0\x01\0\0\0v1.9.6\0\0\x01", "nginx-ingress-controller@1.9.6")]),
    beat!("filebeat", FILEBEAT),
    beat!("metricbeat", METRICBEAT),
    beat!("heartbeat", HEARTBEAT),
    beat!("packetbeat", PACKETBEAT),
    beat!("auditbeat", AUDITBEAT),
    Rule::program(
        &["elastic-agent"],
        &[
            find(&[&ELASTIC_AGENT], "enroll", r"enroll(?:: true)?({V})-?header"),
            find(&[&ELASTIC_AGENT], ":https", r"PM({V}):https"),
        ],
    ),
];
