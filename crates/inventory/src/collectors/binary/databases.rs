//! Databases, caches and what backs them up.

use super::rule::{Product, Rule, find};

const REDIS: Product = Product::new("redis", &["redis:redis", "redislabs:redis"]);
const VALKEY: Product = Product::new(
    "valkey",
    &[
        "lfprojects:valkey",
        "linuxfoundation:valkey",
        "valkey-io:valkey",
    ],
);
const MEMCACHED: Product = Product::new("memcached", &["memcached:memcached"]);
const ARANGODB: Product = Product::new("arangodb", &["arangodb:arangodb"]);
const POSTGRESQL: Product = Product::new("postgresql", &["postgresql:postgresql"]);
const MYSQL: Product = Product::new("mysql", &["oracle:mysql"]);
const MYSQL_SERVER: Product =
    Product::new("mysql-server", &["oracle:mysql", "oracle:mysql_server"]);
const MYSQL_CLUSTER: Product = Product::new("mysql-cluster", &["oracle:mysql_cluster"]);
const PERCONA: Product = Product::new(
    "percona-server",
    &["percona:percona_server", "oracle:mysql"],
);
const XTRADB: Product = Product::new(
    "percona-xtradb-cluster",
    &[
        "percona:xtradb_cluster",
        "percona:percona_server",
        "oracle:mysql",
    ],
);
const XTRABACKUP: Product = Product::new("percona-xtrabackup", &["percona:xtrabackup"]);
const MARIADB: Product = Product::new("mariadb", &["mariadb:mariadb"]);
const MONGODB: Product = Product::new("mongodb", &["mongodb:mongodb"]);
const SQLCIPHER: Product = Product::new("sqlcipher", &["zetetic:sqlcipher"]);

pub(super) static RULES: &[Rule] = &[
    Rule::program(
        &["valkey-server"],
        &[
            find(
                &[&VALKEY],
                "buildkitsandbox-",
                r"[^0-9]({V})buildkitsandbox-[0-9]+",
            ),
            find(&[&VALKEY], "", r"[^0-9.]({V})[0-9a-f]{12}-[0-9]{10,}"),
        ],
    )
    .shown(&[(
        "\x008.0.0a1b2c3d4e5f6-1730000000000000000\0",
        "valkey@8.0.0",
    )]),
    Rule::program(
        &["redis-server"],
        &[
            // Under the old name, for those who change from one to the other.
            find(
                &[&VALKEY],
                "valkey",
                r"valkey({V})(?:buildkitsandbox|[0-9a-f]{12})-[0-9]+",
            ),
            find(
                &[&REDIS],
                "buildkitsandbox-",
                r"[^0-9]({V})buildkitsandbox-[0-9]+",
            ),
            find(&[&REDIS], "", r"[^0-9.]({V})[0-9a-f]{12}-[0-9]{10,}"),
            find(&[&REDIS], "Redis version ", r"Redis version ({V})"),
        ],
    )
    .shown(&[
        (
            "\0valkey9.0.0buildkitsandbox-1764887574000000000\0",
            "valkey@9.0.0",
        ),
        (
            "\x007.2.3buildkitsandbox-1702957734000000000\0",
            "redis@7.2.3",
        ),
    ]),
    Rule::program(
        &["memcached"],
        &[find(&[&MEMCACHED], "memcached ", r"memcached ({V})")],
    )
    .shown(&[("\0memcached 1.6.18\0", "memcached@1.6.18")]),
    Rule::program(
        &["arangosh"],
        &[find(
            &[&ARANGODB],
            "[linux]",
            r"[^0-9.]({V}(?:-[0-9]+)?) (?:enterprise )?\[linux\]",
        )],
    )
    .shown(&[("\x003.12.0-2 enterprise [linux]\0", "arangodb@3.12.0-2")]),
    Rule::program(
        &["postgres"],
        &[find(
            &[&POSTGRESQL],
            "PostgreSQL ",
            r"[^A-Za-z0-9 ]PostgreSQL ([0-9]+(?:\.[0-9]+){0,2}(?:(?:alpha|beta|rc)[0-9]+|devel)?)",
        )],
    )
    .shown(&[
        ("?PostgreSQL 9.5alpha1 on x86_64", "postgresql@9.5alpha1"),
        ("needs PostgreSQL 9.6 or later", ""),
    ]),
    Rule::program(
        &["mysql", "mariadb"],
        &[
            find(
                &[&XTRADB],
                "/Percona-XtraDB-Cluster-",
                r"/Percona-XtraDB-Cluster-({V})",
            ),
            find(&[&PERCONA], "/percona-server-", r"/percona-server-({V})"),
            find(&[&MARIADB], "", r"({V})-MariaDB"),
            find(&[&MARIADB], "/mariadb-", r"/mariadb-({V})(?:-|/)"),
            find(
                &[&MYSQL],
                "",
                r"\x00({V}(?:-?(?:alpha|beta|rc)[0-9]*)?)\x00+mysql",
            ),
            find(
                &[&MYSQL],
                "/mysql-",
                r"/mysql-({V}(?:-?(?:alpha|beta|rc)[0-9]*)?)",
            ),
        ],
    )
    .shown(&[
        (
            "\0/build/mariadb-11.8.5-2-redhat-x86_64/client/mysql.cc\0",
            "mariadb@11.8.5",
        ),
        (
            "\0/release/mysql-8.0.4-rc/mysys/my_default.cc\0",
            "mysql@8.0.4-rc",
        ),
    ]),
    Rule::program(
        &["mysqld", "mariadbd"],
        &[
            find(
                &[&MYSQL_CLUSTER],
                "/mysql-cluster-gpl-",
                r"/mysql-cluster-gpl-({V})",
            ),
            // The cluster of old has two versions: of the server and its own.
            find(
                &[&MYSQL_SERVER, &MYSQL_CLUSTER],
                "cluster-gpl",
                r"cluster-gpl\x00+({V})-ndb-({V})",
            ),
            find(
                &[&XTRADB],
                "/Percona-XtraDB-Cluster-",
                r"/Percona-XtraDB-Cluster-({V})",
            ),
            find(&[&PERCONA], "/percona-server-", r"/percona-server-({V})"),
            find(&[&MARIADB], "", r"({V})-MariaDB"),
            find(&[&MARIADB], "/mariadb-", r"/mariadb-({V})(?:-|/)"),
            find(&[&MYSQL_SERVER], "/mysql-", r"/mysql-({V})[-/]"),
        ],
    )
    .shown(&[(
        "-cluster-gpl\x005.7.33-ndb-7.6.17\0",
        "mysql-server@5.7.33 mysql-cluster@7.6.17",
    )]),
    Rule::program(
        &["ndbd", "ndbmtd", "ndb_mgmd"],
        &[
            find(
                &[&MYSQL_CLUSTER],
                "/mysql-cluster-gpl-",
                r"/mysql-cluster-gpl-({V})",
            ),
            find(&[&MYSQL_CLUSTER], "-ndb-", r"[0-9]-ndb-({V})"),
        ],
    ),
    Rule::program(
        &["xtrabackup"],
        &[find(
            &[&XTRABACKUP],
            "/percona-xtrabackup-",
            r"/percona-xtrabackup-({V})",
        )],
    ),
    Rule::program(
        &["mongod", "mongos"],
        &[find(
            &[&MONGODB],
            "",
            r"\x00({V}(?:-rc[0-9]+)?)\x00+(?:tcmalloc|heap_size|cppdefines)",
        )],
    ),
    Rule::program(
        &["sqlcipher"],
        &[find(&[&SQLCIPHER], "", r"[^0-9]\x00({V})\x00").known_by(&["sqlcipher"])],
    )
    .shown(&[("x\x004.5.5\0", "")]),
];
