import Testing

@Suite struct TelemetryTestsPlaceholder {}
