"""Lines that say nothing about a learner: whom they come from decides."""

# Substrings of the lower-cased user agent of monitors, crawlers and scanners.
MACHINE_AGENTS = (
    "elb-healthchecker", "healthcheck", "kube-probe", "nagios", "check_http", "pingdom", "newrelic", "uptimerobot", "zabbix", "monit/",
    "googlebot", "bingbot", "bot/", "bot;", "bot)", "spider", "crawler", "slurp", "facebookexternalhit",
    "zgrab", "masscan", "nmap", "nikto", "sqlmap", "nessus", "openvas", "zmeu", "w3af", "dirbuster",
)  # fmt: skip

# Beginnings of the host of an author's machine.
STUDIO_HOSTS = ("studio.", "studio-", "preview.")
