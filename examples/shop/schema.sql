-- A small shop: customers, what they can buy, what they ordered. For MariaDB and MySQL.
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;

CREATE TABLE customers (
  id         INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  email      VARCHAR(120) NOT NULL,
  full_name  VARCHAR(80)  NOT NULL,
  birthday   DATE         NULL,
  newsletter BOOLEAN      NOT NULL DEFAULT FALSE,
  created_at TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
  UNIQUE KEY one_account_per_email (email)
) ENGINE = InnoDB;

CREATE TABLE products (
  id          INT UNSIGNED  NOT NULL AUTO_INCREMENT PRIMARY KEY,
  sku         VARCHAR(20)   NOT NULL,
  title       VARCHAR(80)   NOT NULL,
  price       DECIMAL(10,2) NOT NULL,
  weight_kg   DOUBLE        NULL,
  description TEXT          NULL,
  cached_at   DATETIME      NULL,
  UNIQUE KEY (sku)
) ENGINE = InnoDB;

CREATE TABLE orders (
  id          INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  customer_id INT UNSIGNED NOT NULL,
  status      ENUM ('new', 'paid', 'shipped', 'returned') NOT NULL DEFAULT 'new',
  note        VARCHAR(200) NULL,
  ordered_at  TIMESTAMP    NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at  TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) ENGINE = InnoDB;

CREATE TABLE order_lines (
  order_id   INT UNSIGNED      NOT NULL,
  line_no    SMALLINT UNSIGNED NOT NULL,
  product_id INT UNSIGNED      NOT NULL,
  quantity   INT               NOT NULL,
  unit_price DECIMAL(10,2)     NOT NULL,
  PRIMARY KEY (order_id, line_no),
  FOREIGN KEY (order_id) REFERENCES orders (id),
  FOREIGN KEY (product_id) REFERENCES products (id)
) ENGINE = InnoDB;
