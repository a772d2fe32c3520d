//! A straight line through what was measured: what nothing costs, and what each change adds.

/// Of (changes, milliseconds): least squares, and how much of the differences the line explains.
pub(crate) fn line(points: &[(f64, f64)]) -> String {
    let n = points.len() as f64;
    let (x, y) = (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let both: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let across: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    let slope = both / across;
    let start = y - slope * x;
    let left: f64 = points.iter().map(|p| (p.1 - start - slope * p.0).powi(2)).sum();
    let whole: f64 = points.iter().map(|p| (p.1 - y).powi(2)).sum();
    format!("{start:.1} ms and {slope:.3} ms a change; R² = {:.4}", 1.0 - left / whole)
}
