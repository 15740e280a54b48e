//! Tables and JSON of the results.

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::contender::Contender;
use crate::figures::{Figures, median};

/// Ratios in the table.
const RATIOS: [(Contender, Contender); 3] =
    [(Contender::Module, Contender::Net), (Contender::Module, Contender::Raw), (Contender::Engine, Contender::Raw)];

/// All values of one run, in order.
#[derive(Default)]
pub struct Report {
    samples: Vec<Sample>,
}

struct Sample {
    workload: String,
    figure: String,
    contender: Contender,
    value: f64,
}

/// One figure of one workload.
struct Row<'a> {
    workload: &'a str,
    figure: &'a str,
    samples: Vec<&'a Sample>,
}

impl Report {
    /// Adds the figures of one measurement.
    pub fn add(&mut self, workload: &str, contender: Contender, figures: Figures) {
        let sample = |(figure, value)| Sample { workload: workload.to_owned(), figure, contender, value };
        self.samples.extend(figures.0.into_iter().map(sample));
    }

    /// Prints a table: medians with minimum and maximum, and ratios of medians.
    pub fn print(&self) {
        println!("\n| workload | figure | module | net | engine | raw | module / net | module / raw | engine / raw |");
        println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
        for row in self.rows() {
            let cells = Contender::ALL.map(|contender| row.cell(contender)).join(" | ");
            let ratios = RATIOS.map(|(one, other)| row.ratio(one, other)).join(" | ");
            println!("| {} | {} | {cells} | {ratios} |", row.workload, row.figure);
        }
    }

    /// Writes every value as JSON.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let rows: Vec<Value> = self.rows().iter().map(Row::to_json).collect();
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_string_pretty(&rows)?)?;
        println!("\nall values: {}", path.display());
        Ok(())
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let mut rows: Vec<Row<'_>> = Vec::new();
        for sample in &self.samples {
            let (workload, figure) = (sample.workload.as_str(), sample.figure.as_str());
            match rows.iter_mut().find(|row| row.workload == workload && row.figure == figure) {
                Some(row) => row.samples.push(sample),
                None => rows.push(Row { workload, figure, samples: vec![sample] }),
            }
        }
        rows
    }
}

impl Row<'_> {
    fn values(&self, contender: Contender) -> Vec<f64> {
        self.samples.iter().filter(|sample| sample.contender == contender).map(|sample| sample.value).collect()
    }

    fn cell(&self, contender: Contender) -> String {
        let values = self.values(contender);
        if values.is_empty() {
            return String::new();
        }
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        format!("{} ({}–{})", short(median(&values)), short(least), short(greatest))
    }

    fn ratio(&self, one: Contender, other: Contender) -> String {
        let ratio = median(&self.values(one)) / median(&self.values(other));
        if ratio.is_finite() { format!("{ratio:.2}") } else { String::new() }
    }

    fn to_json(&self) -> Value {
        let mut contenders = Map::new();
        for contender in Contender::ALL {
            let values = self.values(contender);
            if !values.is_empty() {
                contenders.insert(contender.name().to_owned(), json!({ "median": median(&values), "values": values }));
            }
        }
        json!({ "workload": self.workload, "figure": self.figure, "contenders": contenders })
    }
}

/// Formats with three digits, or without decimals.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
