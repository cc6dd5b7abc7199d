"""From analyses to diagnostics: rules, their registry and pages, suppression."""
