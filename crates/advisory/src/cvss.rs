//! CVSS scores computed from vectors (FIRST: v2.0, v3.0, v3.1, v4.0).
