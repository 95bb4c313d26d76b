// What texts mean, whatever the shard: read once, and kept for the shards that the same process scans later (6 % of the scan's time on a modern log,
// 1 % on one of 2012-13). No codes of a shard are in it, so what was scanned before does not show.
#pragma once
#include <memory>
#include <mutex>

#include "dict.hpp"
#include "meanings.hpp"

namespace moocdb {

// Where a line was written. The number tells hosts apart; 0: none that is valid.
struct Host {
    bool valid = false, studio = false;
    uint64_t number = 0;
    sv text;
};

// What a text says that should be an address.
struct Address {
    bool valid = false;
    Page page;
    Module module;  // when it is a request on one
};

// What a request path says that is the type of an event.
struct PathType {
    Request request;
    Page page;
};

class Memo {
  public:
    explicit Memo(const Meanings &meanings) : meanings_(meanings) {}

    Host host_of(sv text) {
        int32_t code = host_names_.intern(text);
        if (static_cast<size_t>(code) == hosts_.size()) {
            sv s = strip(text);
            Host h;
            h.valid = !s.empty() && (s.find('.') != sv::npos || starts(s, "localhost"));
            for (char c : s) h.valid = h.valid && c != '_' && (is_word(c) || c == '.' || c == '-' || c == ':');
            h.studio = h.valid && meanings_.studio(s);
            if (h.valid) h.number = static_cast<uint64_t>(code) + 1;
            hosts_.push_back(h);
        }
        Host host = hosts_[code];
        if (host.valid) host.text = strip(text);
        return host;
    }

    // Asks for a text that should be an address, and for the type of an event: memory is slow, and there is other work to do meanwhile. What is returned
    // goes to the look-up.
    uint64_t ask_address(sv text, sv bare, const Host &host) const { return address_texts_.ask(host_of_address(bare, host), text); }
    uint64_t ask_type(sv name, bool browser, const Host &host) const { return type_names_.ask(host_of_type(name, browser, host), name); }
    void ask_address_text(uint64_t asked) const { address_texts_.ask_text(asked); }

    // The number of a text that should be an address, seen from host; `bare` is the text stripped, and not empty.
    int32_t address(sv text, sv bare, const Host &host, uint64_t asked) {
        int32_t number = address_texts_.intern(host_of_address(bare, host), text, asked);
        if (static_cast<size_t>(number) == addresses_.size()) {
            Address a;
            std::string clean;
            a.valid = clean_address(text, host.text, clean);
            if (a.valid) a.page = read_page(clean), a.module = requested_module(bare);
            addresses_.push_back(std::move(a));
        }
        return number;
    }

    // The number of the type of an event. What a path says is known then.
    int32_t type(sv name, bool browser, const Host &host, uint64_t asked) {
        bool path = name[0] == '/';
        int32_t number = type_names_.intern(host_of_type(name, browser, host), name, asked);
        if (static_cast<size_t>(number) == path_types_.size()) {
            PathType t;
            if (path) {
                t.request = classify_path(meanings_, name, host.text);
                t.page = read_page(t.request.address);
            }
            path_types_.push_back(std::move(t));
        }
        return number;
    }

    const Address &address_at(int32_t number) const { return addresses_[number]; }
    const PathType &path_type_at(int32_t number) const { return path_types_[number]; }
    size_t addresses() const { return addresses_.size(); }
    size_t types() const { return path_types_.size(); }

    // The module that an address or a local path is a request on, if it is one.
    static Module requested_module(sv text) {
        size_t scheme = text[0] == '/' ? 0 : text.find("://");
        size_t from = scheme ? text.find('/', scheme + 3) : 0;
        Request r;
        if (from != sv::npos) read_request(text.substr(from), r);
        return std::move(r.module);
    }

    // Whether it is worth keeping: its parts agree, and it is small. A process in which memory ran out scans nothing more with it.
    bool keep() const {
        constexpr size_t most_texts = 1 << 15, most_bytes = 1 << 23;
        auto fits = [&](const auto &texts, size_t size) { return static_cast<size_t>(texts.size()) == size && size <= most_texts && texts.bytes().size() <= most_bytes; };
        return fits(host_names_, hosts_.size()) && fits(address_texts_, addresses_.size()) && fits(type_names_, path_types_.size());
    }

  private:
    static uint64_t host_of_address(sv bare, const Host &host) { return bare[0] == '/' ? host.number + 1 : 0; }
    static uint64_t host_of_type(sv name, bool browser, const Host &host) { return name[0] == '/' ? host.number + 2 : browser; }

    const Meanings &meanings_;
    StringDict host_names_;
    NumberedDict address_texts_, type_names_;
    std::vector<Host> hosts_;
    std::vector<Address> addresses_;
    std::vector<PathType> path_types_;
};

// The memos that no scan uses now. May be used by several threads.
class Memos {
  public:
    explicit Memos(const Meanings &meanings) : meanings_(meanings) {}

    std::unique_ptr<Memo> take() {
        std::lock_guard<std::mutex> guard(lock_);
        if (free_.empty()) return std::make_unique<Memo>(meanings_);
        auto memo = std::move(free_.back());
        free_.pop_back();
        return memo;
    }

    void give(std::unique_ptr<Memo> memo) {
        std::lock_guard<std::mutex> guard(lock_);
        if (free_.size() < MOST && memo->keep()) free_.push_back(std::move(memo));
    }

  private:
    static constexpr size_t MOST = 2;  // as many as one process has scans at a time

    const Meanings &meanings_;
    std::mutex lock_;
    std::vector<std::unique_ptr<Memo>> free_;
};

} // namespace moocdb
