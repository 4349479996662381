//! Gauges, and nothing else: what Prometheus' own text format and OpenMetrics read alike.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeGaugeValue, EncodeLabelSet, EncodeMetric, GaugeValueEncoder,
    LabelSetEncoder, text,
};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};

use crate::report::text::harmless;

/// The most characters of a label's value.
const LABEL: usize = 256;
/// What stands at the end of a value that was cut.
const CUT: char = '…';

/// The labels of a sample: names that are fixed, values that may come from anywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels(Vec<(&'static str, String)>);

impl Labels {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// These and one more. A value is made harmless and cut to 256 characters; an empty one is the same as no label.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        let shown = harmless(value);
        let mut value: String = shown.chars().take(LABEL).collect();
        if value.len() < shown.len() {
            value.pop();
            value.push(CUT);
        }
        self.0.push((name, value));
        self
    }
}

/// What a gauge shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A count, a point in time, or 0 and 1 for no and yes.
    Whole(i64),
    /// A duration.
    Fraction(f64),
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Self::Whole(yes.into())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// Gauges in the order in which they are written. What is not known is no sample, and a gauge without any is left out.
#[derive(Clone, Debug, Default)]
pub struct Gauges(Vec<Gauge>);

#[derive(Clone, Debug)]
struct Gauge {
    name: &'static str,
    help: &'static str,
    unit: Option<Unit>,
    samples: BTreeMap<Labels, Value>,
}

impl Gauges {
    /// Adds a gauge.
    pub fn add(
        &mut self,
        name: &'static str,
        help: &'static str,
        samples: impl IntoIterator<Item = (Labels, Value)>,
    ) {
        self.gauge(name, help, None, samples.into_iter().collect());
    }

    /// Adds a gauge that has one sample, where it is known.
    pub fn one(&mut self, name: &'static str, help: &'static str, value: Option<impl Into<Value>>) {
        self.add(name, help, value.map(|value| (Labels::new(), value.into())));
    }

    /// Adds a gauge of seconds; `_seconds` is put behind its name.
    pub fn seconds(
        &mut self,
        name: &'static str,
        help: &'static str,
        samples: impl IntoIterator<Item = (Labels, Value)>,
    ) {
        let samples = samples.into_iter().collect();
        self.gauge(name, help, Some(Unit::Seconds), samples);
    }

    fn gauge(
        &mut self,
        name: &'static str,
        help: &'static str,
        unit: Option<Unit>,
        samples: BTreeMap<Labels, Value>,
    ) {
        if !samples.is_empty() {
            self.0.push(Gauge {
                name,
                help,
                unit,
                samples,
            });
        }
    }

    /// Writes them as OpenMetrics text, which Prometheus' older text format reads too.
    pub fn write(self, out: &mut dyn Write) -> io::Result<()> {
        let mut registry = Registry::with_prefix("sameca");
        registry.register_collector(Box::new(self));
        let mut written = String::new();
        text::encode(&mut written, &registry).map_err(io::Error::other)?;
        out.write_all(written.as_bytes())?;
        out.flush()
    }
}

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for gauge in &self.0 {
            let kind = ConstGauge::<i64>::new(0).metric_type();
            let unit = gauge.unit.as_ref();
            let mut metric = encoder.encode_descriptor(gauge.name, gauge.help, unit, kind)?;
            for (labels, value) in &gauge.samples {
                ConstGauge::new(*value).encode(metric.encode_family(labels)?)?;
            }
        }
        Ok(())
    }
}

impl EncodeLabelSet for Labels {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let pairs = self.0.iter().filter(|(_, value)| !value.is_empty());
        let pairs: Vec<(&str, &str)> = pairs.map(|(name, value)| (*name, value.as_str())).collect();
        pairs.as_slice().encode(encoder)
    }
}

impl EncodeGaugeValue for Value {
    fn encode(&self, encoder: &mut GaugeValueEncoder<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => number.encode(encoder),
            Self::Fraction(number) => number.encode(encoder),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &str) -> String {
        let mut gauges = Gauges::default();
        let labels = Labels::new().with("name", value);
        gauges.add("test", "A test", [(labels, 1_i64.into())]);
        let mut out = Vec::new();
        gauges.write(&mut out).expect("memory takes it");
        String::from_utf8(out).expect("text")
    }

    /// The line of the sample.
    fn sample(value: &str) -> String {
        let text = written(value);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(lines[3], "# EOF");
        lines[2].to_owned()
    }

    #[test]
    fn a_value_stays_one_value() {
        let cases = [
            ("a\"} 0\nb{c=\"", r#"a\"} 0\\u{a}b{c=\""#),
            (r"C:\new", r"C:\\new"),
            ("\u{1b}[2J\u{202e}\0", r"\\u{1b}[2J\\u{202e}\\u{0}"),
            ("Müller", "Müller"),
            ("\u{fffd}", "\u{fffd}"),
        ];
        for (value, shown) in cases {
            assert_eq!(sample(value), format!("sameca_test{{name=\"{shown}\"}} 1"));
        }
        assert_eq!(sample(""), "sameca_test 1");
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        let whole = "n".repeat(LABEL);
        assert_eq!(sample(&whole), format!("sameca_test{{name=\"{whole}\"}} 1"));
        let cut = sample(&"\n".repeat(64 * 1024));
        assert!(cut.ends_with("…\"} 1"), "{cut}");
        assert!(cut.chars().count() < 2 * LABEL, "{cut}");
    }

    #[test]
    fn what_is_not_known_is_not_there() {
        let mut gauges = Gauges::default();
        gauges.one("nothing", "Not known", None::<i64>);
        let mut out = Vec::new();
        gauges.write(&mut out).expect("memory takes it");
        assert_eq!(out, b"# EOF\n");
    }
}
