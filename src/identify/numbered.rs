//! Equal values once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Equal values once, by number.
pub(super) struct Numbered<T> {
    list: Vec<Arc<T>>,
    numbers: HashMap<Arc<T>, u32>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            numbers: HashMap::new(),
        }
    }
}

impl<T: Eq + Hash> Numbered<T> {
    /// The number of a value, which is a new one for a new value.
    pub(super) fn number(&mut self, value: T) -> u32 {
        if let Some(number) = self.numbers.get(&value) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).expect("fewer than 2^32 of anything");
        let value = Arc::new(value);
        self.list.push(Arc::clone(&value));
        self.numbers.insert(value, number);
        number
    }

    pub(super) fn get(&self, number: u32) -> &T {
        &self.list[number as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn into_list(self) -> Vec<Arc<T>> {
        self.list
    }
}
