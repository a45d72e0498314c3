import Testing

@Suite struct NodeTestsPlaceholder {}
