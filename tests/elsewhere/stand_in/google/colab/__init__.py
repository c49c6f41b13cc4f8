"""As much of Colab's own package as anywidget looks at, by its public source."""
