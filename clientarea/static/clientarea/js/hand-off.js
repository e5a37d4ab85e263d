// Sends the one-time log-in on at once; without scripts the visitor presses the button.
document.getElementById("hand-off").requestSubmit();
