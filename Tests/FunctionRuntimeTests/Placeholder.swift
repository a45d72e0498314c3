import Testing

@Suite struct FunctionRuntimeTestsPlaceholder {}
