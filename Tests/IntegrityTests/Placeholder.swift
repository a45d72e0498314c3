import Testing

@Suite struct IntegrityTestsPlaceholder {}
