//! Loading the module.

use anyhow::{Context, Result};
use serde_json::Value;

use super::Workload;
use crate::contender::Contender;
use crate::figures::Figures;
use crate::placement::{Placement, Side};
use crate::scale::Scale;
use crate::server::node;

struct Import;

pub fn all() -> Vec<Box<dyn Workload>> {
    vec![Box::new(Import)]
}

impl Workload for Import {
    fn name(&self) -> String {
        "import".to_owned()
    }

    fn contenders(&self) -> &[Contender] {
        &[Contender::Module]
    }

    fn measure(&self, _contender: Contender, _scale: &Scale) -> Result<Figures> {
        Placement::Free.take(Side::Server)?;
        let output = node("import.mjs").output()?;
        let report: Value = serde_json::from_slice(&output.stdout).context("the script reports nothing")?;
        let number = |name: &str| report.get(name).and_then(Value::as_f64).context("the report is not whole");
        Ok(Figures::new().with("ms", number("milliseconds")?).with("threads started", number("threads")?))
    }
}
