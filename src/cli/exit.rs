//! The exit status.

use std::io;
use std::process::ExitCode;

use crate::model::renewal::{Answer, RenewalReport};
use crate::model::report::Report;
use crate::model::verdict::{Finding, Severity, Verdict};
use crate::report::nagios::State;

/// What the exit status tells a script. The numbers are part of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Same CA; or the work of another subcommand is done.
    Same,
    /// Different CAs, or a check that the user asked for failed.
    Different,
    /// The command line, a file or the configuration is wrong, or output could not be written.
    Usage,
    /// It cannot be said: an endpoint was not captured, or the evidence is too weak.
    Inconclusive,
    /// The user interrupted the run.
    Interrupted,
    /// What a monitoring plugin says (`--format nagios`): its codes are others.
    Plugin(State),
}

impl Exit {
    /// The status of a report; with `deny`, findings of that severity or worse are failed checks.
    ///
    /// # Errors
    ///
    /// A row of the report cannot be read.
    pub fn of(report: &dyn Report, deny: Option<Severity>) -> io::Result<Self> {
        let denied = deny.map_or(Ok(false), |deny| has_finding(report, deny))?;
        let report = report.head();
        let checked = if denied { Self::Different } else { Self::Same };
        let ended = if report.partial {
            Self::Interrupted
        } else {
            Self::Same
        };
        Ok(Self::from(report.verdict).worse(checked).worse(ended))
    }

    /// The status of a renewal, with `deny` as for a report.
    pub fn of_renewal(report: &RenewalReport, deny: Option<Severity>) -> Self {
        let of_rows = report.endpoints.iter().flat_map(|row| &row.findings);
        let mut findings = report.findings.iter().chain(of_rows);
        let denied = deny.is_some_and(|deny| findings.any(|finding| finding.severity >= deny));
        let answer = match report.answer {
            Answer::Renewed => Self::Same,
            Answer::NotRenewed => Self::Different,
            Answer::Inconclusive => Self::Inconclusive,
        };
        let checked = if denied { Self::Different } else { Self::Same };
        let ended = if report.partial {
            Self::Interrupted
        } else {
            Self::Same
        };
        answer.worse(checked).worse(ended)
    }

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Same => 0,
            Self::Different => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::Interrupted => 130,
            Self::Plugin(state) => state.code(),
        }
    }

    /// The one of two that is reported: 2 before 130, 1, 3 and 0.
    pub fn worse(self, other: Self) -> Self {
        if self.rank() >= other.rank() {
            self
        } else {
            other
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Same => 0,
            Self::Inconclusive => 1,
            Self::Different => 2,
            Self::Interrupted => 3,
            Self::Usage => 4,
            Self::Plugin(_) => 5,
        }
    }
}

/// Whether there is a finding of this severity or worse, about the run or a row.
fn has_finding(report: &dyn Report, severity: Severity) -> io::Result<bool> {
    let any = |findings: &[Finding]| findings.iter().any(|finding| finding.severity >= severity);
    if any(&report.head().findings) {
        return Ok(true);
    }
    for row in report.rows() {
        if any(&row?.findings) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl From<Verdict> for Exit {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Same => Self::Same,
            Verdict::Different => Self::Different,
            Verdict::Inconclusive => Self::Inconclusive,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_hides_those_after_it() {
        let order = [
            Exit::Usage,
            Exit::Interrupted,
            Exit::Different,
            Exit::Inconclusive,
            Exit::Same,
        ];
        assert_eq!(order.map(Exit::code), [2, 130, 1, 3, 0]);
        for (rank, strong) in order.iter().enumerate() {
            for weak in &order[rank..] {
                assert_eq!(strong.worse(*weak), *strong);
                assert_eq!(weak.worse(*strong), *strong);
            }
        }
    }

    #[test]
    fn a_verdict_has_its_status() {
        assert_eq!(Exit::from(Verdict::Same).code(), 0);
        assert_eq!(Exit::from(Verdict::Different).code(), 1);
        assert_eq!(Exit::from(Verdict::Inconclusive).code(), 3);
    }
}
