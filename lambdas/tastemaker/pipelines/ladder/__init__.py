"""Steps that outgrow a function run in containers: started, looked at, and where they outgrow those, started anew."""
