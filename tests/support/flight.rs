//! The bytes of TLS: records, handshake messages, lists of certificates (RFC 5246 §6.2.1, §7.4).

#![expect(
    unreachable_pub,
    reason = "every program that uses this has it to itself"
)]

/// A record.
pub fn record(content: u8, version: u16, payload: &[u8]) -> Vec<u8> {
    let mut record = vec![content];
    record.extend(version.to_be_bytes());
    record.extend(
        u16::try_from(payload.len())
            .expect("fits a record")
            .to_be_bytes(),
    );
    record.extend(payload);
    record
}

/// A handshake message.
pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend(length24(body.len()));
    message.extend(body);
    message
}

/// A list whose entries and whole have lengths of three octets.
pub fn list24(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut list = Vec::new();
    for entry in entries {
        list.extend(length24(entry.len()));
        list.extend(entry);
    }
    let mut body = length24(list.len()).to_vec();
    body.extend(list);
    body
}

fn length24(length: usize) -> [u8; 3] {
    let [_, high, middle, low] = u32::try_from(length).expect("short").to_be_bytes();
    [high, middle, low]
}
