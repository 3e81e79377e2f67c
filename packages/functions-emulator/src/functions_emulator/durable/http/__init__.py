"""call_http: the request, the activity that makes it, and the polling in between."""
