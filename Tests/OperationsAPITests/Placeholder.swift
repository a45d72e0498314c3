import Testing

@Suite struct OperationsAPITestsPlaceholder {}
