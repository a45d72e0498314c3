import Testing

@Suite struct BundleFormatTestsPlaceholder {}
