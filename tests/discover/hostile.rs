//! What no good server sends.

use std::net::{Ipv4Addr, UdpSocket};
use std::process::{Command, Stdio};

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, CNAME, SRV};
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use crate::program::{Run, discover};
use crate::script::{Over, answer, asked, bytes, name, serve};

const DOMAIN: &str = "contoso.test";

fn is(question: &Message, name: &str, kind: RecordType) -> bool {
    asked(question) == name && question.queries[0].query_type() == kind
}

fn address(last: u8) -> RData {
    RData::A(A(Ipv4Addr::new(10, 0, 0, last)))
}

fn pool() -> RData {
    RData::SRV(SRV::new(0, 0, 5061, name("lyncpool.contoso.test")))
}

/// A good server of a pool with one address; every other name is none.
fn good(question: &Message) -> Message {
    let service = "_sipinternaltls._tcp.contoso.test";
    if is(question, service, RecordType::SRV) {
        answer(question, ResponseCode::NoError, &[(service, pool())])
    } else if is(question, "lyncpool.contoso.test", RecordType::A) {
        answer(
            question,
            ResponseCode::NoError,
            &[("lyncpool.contoso.test", address(1))],
        )
    } else {
        answer(question, ResponseCode::NXDomain, &[])
    }
}

#[track_caller]
fn finds_the_pool(run: &Run) {
    assert_eq!(run.code, 0, "{}", run.said);
    assert_eq!(
        run.endpoints(),
        ["role = \"front-end\" host = \"lyncpool.contoso.test\""]
    );
    assert!(
        run.estate.contains("One address (10.0.0.1)"),
        "{}",
        run.estate
    );
}

#[test]
fn answers_with_a_wrong_id_or_question_are_not_answers() {
    let server = serve(|question, _| {
        let mut wrong = answer(
            question,
            ResponseCode::NoError,
            &[(&asked(question), address(66))],
        );
        wrong.metadata.id = question.id.wrapping_add(1);
        let mut other = answer(
            question,
            ResponseCode::NoError,
            &[("evil.test", address(67))],
        );
        other.queries[0].set_name(name("evil.test"));
        vec![
            bytes(&wrong),
            bytes(&other),
            vec![0],
            Vec::new(),
            bytes(&good(question)),
        ]
    });
    finds_the_pool(&discover(server, &[DOMAIN]));
}

#[test]
fn a_truncated_answer_is_fetched_over_tcp() {
    let server = serve(|question, over| {
        let mut reply = good(question);
        if over == Over::Udp {
            reply.answers.clear();
            reply.metadata.response_code = ResponseCode::NoError;
            reply.metadata.truncation = true;
        }
        vec![bytes(&reply)]
    });
    finds_the_pool(&discover(server, &[DOMAIN]));
}

#[test]
fn records_of_other_names_are_not_believed() {
    let server = serve(|question, _| {
        let mut reply = good(question);
        let poison = answer(
            question,
            ResponseCode::NoError,
            &[
                ("meet.contoso.test", address(66)),
                ("evil.test", address(66)),
            ],
        );
        reply.add_answers(poison.answers);
        vec![bytes(&reply)]
    });
    let run = discover(server, &[DOMAIN]);
    assert_eq!(run.code, 0, "{}", run.said);
    let meet = "role = \"web\" host = \"meet.contoso.test\"";
    // The question for that name itself is answered so, and that is believed; for no other name is it.
    assert_eq!(
        run.endpoints()
            .iter()
            .filter(|endpoint| endpoint.starts_with(meet))
            .count(),
        1
    );
    assert_eq!(run.endpoints().len(), 2, "{}", run.estate);
    assert!(!run.estate.contains("evil"), "{}", run.estate);
}

#[test]
fn aliases_in_a_circle_and_without_end_are_told() {
    let server = serve(|question, _| {
        let owner = asked(question);
        let alias = |to: &str| {
            answer(
                question,
                ResponseCode::NoError,
                &[(&owner, RData::CNAME(CNAME(name(to))))],
            )
        };
        let reply = match owner.as_str() {
            "meet.contoso.test" => alias("dialin.contoso.test"),
            "dialin.contoso.test" => alias("meet.contoso.test"),
            "admin.contoso.test" => alias("admin.contoso.test"),
            "lyncdiscover.contoso.test" => alias("n1.contoso.test"),
            _ => match owner
                .strip_prefix('n')
                .and_then(|rest| rest.split('.').next()?.parse::<u32>().ok())
            {
                Some(number) => alias(&format!("n{}.contoso.test", number + 1)),
                None => good(question),
            },
        };
        vec![bytes(&reply)]
    });
    let run = discover(server, &[DOMAIN]);
    finds_the_pool(&run);
    for sentence in [
        "meet.contoso.test: alias of dialin.contoso.test, its aliases go round in a circle, back to meet.contoso.test",
        "admin.contoso.test: its aliases go round in a circle, back to admin.contoso.test",
        "more than 8 aliases after one another",
    ] {
        assert!(run.said.contains(sentence), "{sentence}: {}", run.said);
        assert!(run.estate.contains(sentence), "{sentence}: {}", run.estate);
    }
}

#[test]
fn a_huge_answer_is_cut_and_said_to_be() {
    let server = serve(|question, over| {
        let reply = if is(question, "lyncpool.contoso.test", RecordType::A) {
            let many: Vec<(&str, RData)> = (0..1500u16)
                .map(|n| {
                    (
                        "lyncpool.contoso.test",
                        RData::A(A(Ipv4Addr::from(0x0a00_0000 + u32::from(n)))),
                    )
                })
                .collect();
            let mut huge = answer(question, ResponseCode::NoError, &many);
            if over == Over::Udp {
                huge.answers.clear();
                huge.metadata.truncation = true;
            }
            huge
        } else {
            good(question)
        };
        vec![bytes(&reply)]
    });
    let run = discover(server, &[DOMAIN]);
    assert_eq!(run.code, 0, "{}", run.said);
    assert!(run.estate.len() < 8192, "{} bytes", run.estate.len());
    assert!(
        run.said.contains("and 56 more and 448 more"),
        "{}",
        run.said
    );
}

#[test]
fn names_that_no_server_has_do_not_reach_the_estate_as_hosts() {
    let odd = |label: &[u8]| {
        Name::from_labels([label, b"contoso", b"test"]).expect("DNS takes any bytes")
    };
    let names = [
        odd(b"a\nhost = \"evil\""),
        odd(b"\x1b[2J"),
        odd(b"a b"),
        odd(b"-x"),
        Name::from_labels([&b"10"[..], b"0", b"0", b"1"]).expect("a name"),
    ];
    let server = serve(move |question, _| {
        let service = "_sipinternaltls._tcp.contoso.test";
        let mut reply = good(question);
        if is(question, service, RecordType::SRV) {
            let more: Vec<(&str, RData)> = names
                .iter()
                .map(|target| (service, RData::SRV(SRV::new(0, 0, 5061, target.clone()))))
                .collect();
            reply.add_answers(answer(question, ResponseCode::NoError, &more).answers);
        }
        vec![bytes(&reply)]
    });
    let run = discover(server, &[DOMAIN]);
    finds_the_pool(&run);
    assert_eq!(
        run.estate.matches("is no server's name").count(),
        5,
        "{}",
        run.estate
    );
    let control = |c: char| c.is_control() && c != '\n';
    assert!(
        !run.estate.contains(control) && !run.said.contains(control),
        "{}",
        run.said
    );
}

#[test]
fn an_error_is_not_an_absence() {
    let server = serve(|question, _| {
        let reply = if asked(question).starts_with("lyncdiscover") {
            answer(question, ResponseCode::ServFail, &[])
        } else {
            good(question)
        };
        vec![bytes(&reply)]
    });
    let run = discover(server, &[DOMAIN]);
    finds_the_pool(&run);
    for sentence in [
        "lyncdiscoverinternal.contoso.test: SERVFAIL: the server could not find out",
        "not everything was answered",
        "meet.contoso.test: no such name (NXDOMAIN)",
    ] {
        assert!(run.said.contains(sentence), "{sentence}: {}", run.said);
    }
}

#[test]
fn garbage_is_not_an_answer() {
    let server = serve(|question, _| {
        let mut garbage = bytes(&good(question));
        garbage.truncate(20);
        garbage[6] = 0xff;
        vec![garbage]
    });
    let run = discover(server, &[DOMAIN, "--timeout", "200ms"]);
    assert_eq!(run.code, 3, "{}", run.said);
    assert!(
        run.said.contains("nothing was found out of contoso.test"),
        "{}",
        run.said
    );
}

#[test]
fn silence_is_told_and_ends() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let server = silent.local_addr().expect("it is bound");
    let run = discover(server, &[DOMAIN, "--timeout", "50ms"]);
    assert_eq!(run.code, 3, "{}", run.said);
    assert!(run.said.contains("no answer within 50ms"), "{}", run.said);
    assert!(run.estate.is_empty());
}

#[test]
fn a_port_where_nobody_listens_is_told() {
    let closed = UdpSocket::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("it is bound");
    let run = discover(closed, &[DOMAIN, "--timeout", "500ms"]);
    assert_eq!(run.code, 3, "{}", run.said);
    assert!(
        run.said.contains("nothing was found out of contoso.test"),
        "{}",
        run.said
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_and_nothing_is_written() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let server = silent.local_addr().expect("it is bound").to_string();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("estate.toml");
    let child = Command::new(env!("CARGO_BIN_EXE_sameca"))
        .args([
            "discover",
            DOMAIN,
            "--dns",
            &server,
            "--timeout",
            "60m",
            "-o",
        ])
        .arg(&path)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut question = [0; 512];
    // It asks, so it listens for the signal.
    silent.recv(&mut question).expect("a question comes");
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill runs");
    assert!(killed.success());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("nothing was written"), "{said}");
    assert!(!path.exists());
}
