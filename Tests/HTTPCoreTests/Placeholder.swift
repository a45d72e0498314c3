import Testing

@Suite struct HTTPCoreTestsPlaceholder {}
