//! The program against real servers: OpenSSL, nginx and Knot DNS as Debian packages them. They fail, and never skip, without those.

mod browser;
mod check;
mod dns;
mod forms;
mod matrix;
mod pki;
#[path = "../renewal/pki.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod renewal_pki;
mod server;
#[path = "../renewal/servers.rs"]
#[expect(dead_code, reason = "others need more of it")]
mod servers;
mod shell;
mod watch;

use serde_json::Value;

use check::{Run, check};
use pki::{Ca, Folder};
use server::{Sent, Server, nginx, s_server};

/// What Windows Server 2008 R2 speaks as shipped.
const WINDOWS_2008_R2: &[&str] = &["-tls1", "-cipher", "AES128-SHA:@SECLEVEL=0"];
/// What an RSA certificate is served with by SChannel of 2012 R2: ECDHE with CBC.
const ECDHE_CBC: &[&str] = &[
    "-tls1_2",
    "-cipher",
    "ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA256",
];
const RSA_GCM: &[&str] = &["-tls1_2", "-cipher", "AES256-GCM-SHA384:AES128-GCM-SHA256"];
const TLS_1_3: &[&str] = &["-tls1_3"];
/// Any of today's.
const MODERN: &[&str] = &[];

/// A root and an issuing CA below it.
fn two_tiers(folder: &Folder) -> (Ca, Ca) {
    let root = folder.root("root", "/DC=test/CN=Lab Root CA");
    let issuing = folder.issuing("issuing", "/DC=test/CN=Lab Issuing CA 01", &root);
    (root, issuing)
}

/// A front end with `options` and a Persistent Chat server of nginx, both of one two-tier PKI, checked with its root.
fn check_beside_nginx(options: &[&str]) -> (Run, u16) {
    let folder = Folder::new();
    let (root, issuing) = two_tiers(&folder);
    let front_end = s_server(&folder.leaf("fe.test", &issuing), Sent::Chain, options);
    let chat = nginx(&folder.leaf("pc.test", &issuing));
    let run = check(front_end.port, chat.port, Some(&root.certificate));
    (run, front_end.port)
}

fn assert_same_and_proven(run: &Run) {
    run.assert("same", 0);
    assert_eq!(run.report["evidence"], "proven", "{run}");
    assert_eq!(run.report["summary"]["cas"], 1, "{run}");
}

#[test]
fn tls_1_0_with_rsa_key_exchange_is_read_beside_todays_nginx() {
    let (run, port) = check_beside_nginx(WINDOWS_2008_R2);
    assert_same_and_proven(&run);
    let tls = run.tls(port);
    assert_eq!(tls["version"], "TLSv1.0", "{run}");
    assert_eq!(tls["cipher_suite"], "TLS_RSA_WITH_AES_128_CBC_SHA", "{run}");
    assert_eq!(tls["method"], "capture", "{run}");
    assert_eq!(tls["possession"], "not-shown", "{run}");
}

#[test]
fn tls_1_2_with_ecdhe_and_cbc_is_read_and_shows_possession() {
    let (run, port) = check_beside_nginx(ECDHE_CBC);
    assert_same_and_proven(&run);
    let tls = run.tls(port);
    assert_eq!(tls["version"], "TLSv1.2", "{run}");
    let suite = tls["cipher_suite"].as_str().unwrap_or_default();
    assert!(suite.starts_with("TLS_ECDHE_RSA_WITH_AES_"), "{run}");
    assert!(suite.contains("_CBC_"), "{run}");
    assert_eq!(tls["possession"], "proven", "{run}");
    assert_eq!(tls["client_certificate"]["requested"], false, "{run}");
}

#[test]
fn tls_1_2_with_rsa_key_exchange_and_gcm_is_read() {
    let (run, port) = check_beside_nginx(RSA_GCM);
    assert_same_and_proven(&run);
    let tls = run.tls(port);
    let suite = tls["cipher_suite"].as_str().unwrap_or_default();
    assert!(suite.starts_with("TLS_RSA_WITH_AES_"), "{run}");
    assert!(suite.contains("_GCM_"), "{run}");
    assert_eq!(tls["possession"], "not-shown", "{run}");
}

#[test]
fn tls_1_3_alone_is_read_by_a_handshake() {
    let (run, port) = check_beside_nginx(TLS_1_3);
    assert_same_and_proven(&run);
    let tls = run.tls(port);
    assert_eq!(tls["version"], "TLSv1.3", "{run}");
    assert_eq!(tls["method"], "handshake", "{run}");
    assert_eq!(tls["possession"], "proven", "{run}");
}

#[test]
fn a_demanded_client_certificate_in_tls_1_2_costs_no_chain() {
    let (run, port) = check_beside_nginx(&["-tls1_2", "-Verify", "1"]);
    assert_same_and_proven(&run);
    assert_eq!(
        run.tls(port)["client_certificate"]["requested"],
        true,
        "{run}"
    );
}

#[test]
fn a_demanded_client_certificate_in_tls_1_3_costs_no_chain() {
    let (run, port) = check_beside_nginx(&["-tls1_3", "-Verify", "1"]);
    assert_same_and_proven(&run);
    assert_eq!(
        run.tls(port)["client_certificate"]["requested"],
        true,
        "{run}"
    );
}

#[test]
fn a_server_of_another_ca_makes_it_different() {
    let folder = Folder::new();
    let (root, issuing) = two_tiers(&folder);
    let other = folder.root("other", "/CN=Fabrikam Web CA");
    let front_end = s_server(
        &folder.leaf("fe.test", &issuing),
        Sent::Chain,
        WINDOWS_2008_R2,
    );
    let chat = nginx(&folder.leaf("pc.test", &other));
    let bundle = folder.bundle([&root, &other]);
    let run = check(front_end.port, chat.port, Some(&bundle));
    run.assert("different", 1);
    assert_eq!(run.report["summary"]["cas"], 2, "{run}");
    assert_eq!(run.row(chat.port)["agrees"], false, "{run}");
    assert_eq!(
        run.row(chat.port)["leaf"]["issuer"],
        "CN=Fabrikam Web CA",
        "{run}"
    );
}

#[test]
fn a_stopped_server_makes_it_inconclusive() {
    let folder = Folder::new();
    let (root, issuing) = two_tiers(&folder);
    let front_end = s_server(&folder.leaf("fe.test", &issuing), Sent::Chain, MODERN);
    let mut chat = nginx(&folder.leaf("pc.test", &issuing));
    chat.stop();
    let run = check(front_end.port, chat.port, Some(&root.certificate));
    run.assert("inconclusive", 3);
    assert_eq!(run.row(chat.port)["outcome"], "refused", "{run}");
    assert_eq!(run.row(chat.port)["tls"], Value::Null, "{run}");
    assert_eq!(run.row(front_end.port)["outcome"], "captured", "{run}");
}

/// Two servers of a CA without a tier above it, which send their leaf alone.
fn leaves_alone(folder: &Folder, front: &Ca, chat: &Ca) -> (Server, Server) {
    (
        s_server(
            &folder.leaf("fe.test", front),
            Sent::LeafAlone,
            WINDOWS_2008_R2,
        ),
        s_server(&folder.leaf("pc.test", chat), Sent::LeafAlone, ECDHE_CBC),
    )
}

#[test]
fn leaves_of_one_tier_are_the_same_by_key_id_and_proven_with_the_ca_file() {
    let folder = Folder::new();
    let ca = folder.root("ca", "/CN=One Tier CA");
    let (front_end, chat) = leaves_alone(&folder, &ca, &ca);

    let run = check(front_end.port, chat.port, None);
    run.assert("same", 0);
    assert_eq!(run.report["evidence"], "key-id", "{run}");

    let run = check(front_end.port, chat.port, Some(&ca.certificate));
    assert_same_and_proven(&run);
}

#[test]
fn two_cas_of_one_name_are_told_apart_by_their_keys() {
    let folder = Folder::new();
    let first = folder.root("first", "/CN=Contoso CA");
    let second = folder.root("second", "/CN=Contoso CA");
    let (front_end, chat) = leaves_alone(&folder, &first, &second);

    let run = check(front_end.port, chat.port, None);
    run.assert("different", 1);

    let bundle = folder.bundle([&first, &second]);
    let run = check(front_end.port, chat.port, Some(&bundle));
    run.assert("different", 1);
    assert_eq!(run.report["evidence"], "proven", "{run}");
    assert_eq!(run.report["summary"]["cas"], 2, "{run}");
}
