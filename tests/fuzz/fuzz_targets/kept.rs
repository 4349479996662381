//! Kept observations: whatever a file holds, reading it ends in observations or in an error that names a line.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use sameca::kept::Kept;
use sameca::model::observation::Observations;

fuzz_target!(|bytes: &[u8]| {
    let mut count = 0;
    let mut kept = Kept::default();
    if kept.add("fuzz", Cursor::new(bytes.to_vec()), |_| count += 1).is_ok() {
        let merged = kept.merge().expect("memory can be read again");
        let (newest, older) = (merged.newest.count(), merged.older.count());
        assert!(newest > 0 && newest + older <= count);
        for number in 0..newest {
            merged.newest.read(number).expect("memory can be read again");
        }
    }
});
