CREATE TABLE store (id INT NOT NULL PRIMARY KEY);
CREATE TABLE inventory (id INT NOT NULL PRIMARY KEY, store_id INT NOT NULL, film_id INT NOT NULL, KEY (store_id, film_id), FOREIGN KEY (store_id) REFERENCES store (id));
