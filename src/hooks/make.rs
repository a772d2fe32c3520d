pub struct Made;
pub struct MakeError;
pub fn make() {}
