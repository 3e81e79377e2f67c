"""The app's storage account: tables, queues, credentials."""
