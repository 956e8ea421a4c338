//! Columns of plain text.

use crate::plain::{pad, width};

/// How a column stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows whose columns line up, two spaces apart.
pub(crate) struct Grid {
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    pub(crate) fn new(align: &[Align]) -> Self {
        Self {
            align: align.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row of plain cells, one for each column.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Columns that the first `columns` columns take, with the gap after them.
    pub(crate) fn columns(&self, columns: usize) -> usize {
        (0..columns).map(|column| self.widest(column) + 2).sum()
    }

    fn widest(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    }

    /// The rows as lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let widths: Vec<_> = (0..self.align.len()).map(|at| self.widest(at)).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&widths).zip(&self.align);
            let cells = cells.map(|((cell, &columns), align)| match align {
                Align::Left => pad(cell, columns),
                Align::Right => {
                    let missing = columns.saturating_sub(width(cell));
                    format!("{}{cell}", " ".repeat(missing))
                }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }
}
