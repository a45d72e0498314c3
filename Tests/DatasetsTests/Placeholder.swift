import Testing

@Suite struct DatasetsTestsPlaceholder {}
