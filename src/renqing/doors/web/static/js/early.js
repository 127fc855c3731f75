// Runs before the first paint: pages know whether scripts run, so that nothing jumps.
document.documentElement.classList.replace("no-js", "js");
