import Testing

@Suite struct KernelsTestsPlaceholder {}
