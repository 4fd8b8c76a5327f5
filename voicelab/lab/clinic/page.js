// One player at a time; of several of the same sound the next goes on where the last one was.
const players = [...document.querySelectorAll("audio[data-part]")];
for (const player of players) {
  player.addEventListener("play", () => {
    for (const other of players) {
      if (other === player || other.paused) continue;
      other.pause();
      if (other.dataset.part !== player.dataset.part) continue;
      const place = Number(other.dataset.from) + other.currentTime * other.dataset.speed;
      const then = (place - player.dataset.from) / player.dataset.speed;
      player.currentTime = Math.min(Math.max(then, 0), player.duration || 0);
    }
  });
}
