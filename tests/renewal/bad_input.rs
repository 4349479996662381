//! What cannot be used is refused with exit status 2 and one sentence that says what would be right.

use crate::program::{code, sameca, stderr};

/// A line of a run that found a port closed.
fn line(host: &str, schema: &str) -> String {
    serde_json::json!({
        "schema": schema, "run": "01J", "at": "2026-11-22T20:15:04.120Z", "roles": ["front-end"],
        "group": "internal", "pool": null, "required": true, "names": [host], "variant": null, "count": 1,
        "target": format!("{host}:443"), "host": host, "address": "192.0.2.1", "port": 443, "sni": null,
        "outcome": "refused", "detail": null, "elapsed_ms": 1, "attempts": [], "tls": null, "chain": [],
    })
    .to_string()
}

#[test]
fn each_has_its_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("writes");
        path.to_str().expect("a path").to_owned()
    };
    let whole = line("lync01.contoso.com", "sameca.observation/1");
    let good = file("good.ndjson", &format!("{whole}\n"));
    let empty = file("empty.ndjson", "");
    let torn = file("torn.ndjson", &format!("{whole}\n{}", &whole[..80]));
    let newer = file("newer.ndjson", &line("a", "sameca.observation/2"));
    let report = file("report.json", "{\"schema\":\"sameca.report/1\"}\n");
    let external = file("external.ndjson", &whole.replace("internal", "external"));
    let text = file("text.pem", "no certificate\n");
    let targets = ["fe1.fabrikam.com", "fe2.fabrikam.com"];
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["--since", &empty],
            &["empty.ndjson", "no observations", "--format ndjson"],
        ),
        (&["--since", &torn], &["torn.ndjson:2", "torn"]),
        (&["--since", &newer], &["newer.ndjson:1", "newer version"]),
        (
            &["--since", &report],
            &["report.json:1", "this is a report"],
        ),
        (
            &["--since", "missing.ndjson"],
            &["cannot read missing.ndjson"],
        ),
        (
            &["--since", &good, targets[0], targets[1]],
            &[
                "good.ndjson does not fit: 2 of the 2",
                "it has lync01.contoso.com:443",
                "is it the right file?",
            ],
        ),
        (
            &["--since", &external],
            &["no server of the groups", "--group all"],
        ),
        (
            &["--expect", &text, "127.0.0.1"],
            &["--expect", "text.pem", "no certificate"],
        ),
        (
            &["--expect", "new.cer", "127.0.0.1"],
            &["neither a thumbprint nor a certificate file", "new.cer"],
        ),
        (
            &["--expect", "a9 09 50 2d d8 2a e4 14 33 e6 f8", "127.0.0.1"],
            &["22 hex digits", "40"],
        ),
        (
            &["--issued-after", "2026-11-22T20:15:04Z"],
            &["no target was given"],
        ),
        (&["127.0.0.1"], &["--since", "--issued-after", "--expect"]),
        (
            &["--since", &good, "--wait", "10s"],
            &["--wait 10s is shorter than --every 30s"],
        ),
        (
            &["--since", &good, "--wait", "5s", "--every", "1s"],
            &["shorter than one round", "--timeout 10s"],
        ),
        (&["--since", &good, "--wait", "0s"], &["longer than 0"]),
        (
            &["--since", &good, "--expires-within", "soon"],
            &["whole number"],
        ),
    ];
    for (arguments, fragments) in cases {
        let arguments = [&["renewed"], *arguments].concat();
        refused(&arguments, fragments);
    }
    refused(
        &["diff", &good, &empty],
        &["empty.ndjson", "no observations"],
    );
    refused(&["diff", &torn, &good], &["torn.ndjson:2", "torn"]);
    refused(&["diff", "-", "-"], &["given twice"]);
}

fn refused(arguments: &[&str], fragments: &[&str]) {
    let output = sameca(arguments);
    let said = stderr(&output);
    assert_eq!(code(&output), 2, "{arguments:?}: {said}");
    assert!(output.stdout.is_empty(), "{arguments:?} wrote results");
    for fragment in fragments {
        assert!(
            said.contains(fragment),
            "{arguments:?} said {said}, without {fragment}"
        );
    }
}
