//! Any octets as a server's answer: the same result whole and octet by octet, and nothing read that was not there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sameca::wire::flight::{Flight, FlightError, FlightReader, Limits, Progress};

fn read(pieces: std::slice::Chunks<'_, u8>) -> (Result<Progress, FlightError>, Flight) {
    let mut reader = FlightReader::new(Limits::default());
    let mut result = Ok(Progress::More);
    for piece in pieces {
        result = reader.push(piece);
    }
    (result, reader.into_flight())
}

fn occurs(part: &[u8], whole: &[u8]) -> bool {
    // Within one record a certificate is there in one piece; a longer one is cut by record headers.
    part.len() > 64 || whole.windows(part.len()).any(|window| window == part)
}

fuzz_target!(|data: &[u8]| {
    let whole = read(data.chunks(data.len().max(1)));
    assert_eq!(read(data.chunks(1)), whole);
    let (result, flight) = whole;
    if let Err(error) = &result {
        assert!(!error.to_string().is_empty());
    }
    assert_eq!(flight.done, result == Ok(Progress::Done));
    assert!(!flight.done || flight.chain.is_some());
    let chain = flight.chain.as_deref();
    assert!(chain.is_none_or(|chain| (1..=200).contains(&chain.len())));
    let certificates = || chain.into_iter().flatten();
    let octets: usize = certificates().map(|der| der.as_bytes().len()).sum();
    assert!(octets <= data.len());
    let is_one_record = data.windows(2).filter(|pair| pair == &[22, 3]).count() <= 1;
    assert!(!is_one_record || certificates().all(|der| occurs(der.as_bytes(), data)));
});
