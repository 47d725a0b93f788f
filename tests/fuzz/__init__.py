"""Random input for every form, query, path, and socket frame of all sites: whatever comes, nothing crashes.

`values` are the odd inputs, `world` the people and what they have, `addresses` every path, `forms` every form that a page
shows, `sender` sends one request and says what broke. Seeded: a failure names the request, and runs again the same.
"""
